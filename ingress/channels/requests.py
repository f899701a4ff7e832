"""The addresses of callbacks."""

from __future__ import annotations

from pydantic import BaseModel


class SourcePath(BaseModel):
    """A webhook source's address: the name in INBOUND_SECRET_<SOURCE>, in lower case."""

    source: str
