"""Name → channel. A channel is a module or an object that follows `channels.protocol.Channel`."""

from __future__ import annotations

from channels import webhook
from channels.protocol import Channel

CHANNELS: dict[str, Channel] = {
    "webhook": webhook,
}
