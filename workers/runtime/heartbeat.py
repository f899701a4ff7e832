"""Heartbeats: beat sends a task to each queue every few seconds, and the queue's worker records it."""

from __future__ import annotations

from models.health import heartbeats
from workers.runtime.chains import AGENTS
from workers.runtime.stage import stage


@stage("heartbeat")
def heartbeat(queue: str) -> None:
    """Records that a worker works on this queue. After a long backlog it is late, which is the truth."""
    heartbeats.beat(queue)
    if queue == AGENTS:  # its worker has loaded all agents before it took the first task
        for agent in heartbeats.AGENTS:
            heartbeats.note_agent(agent)
