"""Name → channel. A channel is a module or an object as `channels.protocol.Channel` says."""

from __future__ import annotations

from channels import webhook
from channels.protocol import Channel

CHANNELS: dict[str, Channel] = {
    "webhook": webhook,
}
