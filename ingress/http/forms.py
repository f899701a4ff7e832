"""Types for request bodies and queries, shared by all capabilities."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from models.documents import Content, Id, without_null_defaults
from models.texts import fault_of_line

# An id by which a client names one of our things. A text that is not a UUID is answered like an unknown id.
Reference = Annotated[Id, Field(json_schema_extra={"format": "uuid"})]

__all__ = ["Content", "Id", "Metadata", "Name", "OneLine", "Page", "Reference", "Strict", "meanings"]
METADATA_MAX = 16_384  # bytes of JSON: every event about the message contains it


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(metadata).encode()) > METADATA_MAX:
        raise ValueError(f"must have at most {METADATA_MAX:,} bytes of JSON")
    return metadata


Metadata = Annotated[dict[str, Any], AfterValidator(_small), Field(default_factory=dict)]


def _one_line(text: str) -> str:
    fault = fault_of_line(text)
    if fault:
        raise ValueError(fault)
    return text


OneLine = AfterValidator(_one_line)  # a name: it appears within other text, and must not rearrange it
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), OneLine]


class Strict(BaseModel):
    """Unknown fields are refused: a typing mistake shall not pass for success. Base of every request body."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=without_null_defaults)


class Page(BaseModel):
    """A part of a list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=64)


def meanings(words: dict[str, str]) -> str:
    """A description that lists words with their meanings."""
    return " ".join(f"`{word}`: {meaning}." for word, meaning in words.items())
