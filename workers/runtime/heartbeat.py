"""Heartbeats: each queue is asked every few seconds to say that somebody works on it."""

from __future__ import annotations

from models.health import heartbeats
from workers.runtime.chains import AGENTS
from workers.runtime.stage import stage


@stage("heartbeat")
def heartbeat(queue: str) -> None:
    """Says that this queue is being worked on. Behind a long backlog it comes late, and that is the truth."""
    heartbeats.beat(queue)
    if queue == AGENTS:  # its worker has loaded all agents before it took the first task
        for agent in heartbeats.AGENTS:
            heartbeats.agent_loaded(agent)
