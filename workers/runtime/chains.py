"""The stages of the chains, each with its queue. Their state is in the database, not in tasks."""

from __future__ import annotations

from dataclasses import dataclass

INBOUND, AGENTS, AUTH, SWEEP = "inbound", "agents", "auth", "sweep"
QUEUES = (INBOUND, AGENTS, AUTH, SWEEP)


@dataclass(frozen=True)
class Stage:
    """A step of a chain: its task and its queue."""

    task: str
    queue: str


RECEIVE = Stage("receive", INBOUND)
ANSWER = Stage("answer", AGENTS)
AUTHENTICATE = Stage("authenticate", AUTH)
SWEEPING = Stage("sweep", SWEEP)
STAGES = {stage.task: stage for stage in (RECEIVE, ANSWER, AUTHENTICATE, SWEEPING)}
