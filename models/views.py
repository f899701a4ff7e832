"""What clients see of a thing: one pydantic model per thing, which REST, events and the API documents share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# Formats for the API documents. Nothing is checked: these values are our own.
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


def words(*allowed: str) -> Any:
    """Annotates a text with the words that it may be. The API documents list them.

    Nothing is checked: a newer process may have stored a word that this version does not know.
    """
    return Field(json_schema_extra={"enum": list(allowed)})


class View(BaseModel):
    """Base of everything that is answered or published. Immutable."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    def document(self) -> dict[str, Any]:
        """The JSON object. A field that was not given is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
