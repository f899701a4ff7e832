"""What clients see of a thing: one pydantic model per thing, which REST, events and the API documents share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# Formats for the API documents. Nothing is checked: these values are our own.
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class View(BaseModel):
    """Base of everything that is answered or published. Immutable."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        """The JSON object. A field that was not given is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
