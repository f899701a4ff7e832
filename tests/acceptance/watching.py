"""A message sent while a socket looks on."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.acceptance.clients import Follower, Visitor
from tests.acceptance.person import Person


def watched(person: Person, content: str, until: str = "message.updated") -> tuple[str, list[dict[str, Any]]]:
    """Sends a message; returns its id and all events a socket saw, those outside the history included, in order."""

    async def watch() -> tuple[str, list[dict[str, Any]]]:
        follower = Follower(person.program, Visitor(person.id, person.token))
        follower.passing = follower.events  # one list, in the order of arrival
        try:
            await follower.ready()
            id_ = await asyncio.to_thread(person.send, content)
            async with asyncio.timeout(60):
                while not any(event["type"] == until for event in follower.events):
                    await asyncio.sleep(0.02)
            return id_, follower.events
        finally:
            await follower.close()

    return asyncio.run(watch())
