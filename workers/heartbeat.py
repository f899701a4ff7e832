"""Heartbeats: each queue is asked every few seconds to say that somebody works on it."""

from __future__ import annotations

from models import heartbeats
from workers.base import stage
from workers.chains import AGENTS


@stage("heartbeat")
def heartbeat(queue: str) -> None:
    """Says that this queue is being worked on. Behind a long backlog it comes late, and that is the truth."""
    heartbeats.beat(queue)
    if queue == AGENTS:  # its worker has loaded all agents before it took the first task
        for agent in heartbeats.AGENTS:
            heartbeats.agent_loaded(agent)
