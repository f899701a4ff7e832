"""Whatever stands in the ledger is read: what came in comes back whole, and anything else is nobody's."""

import json
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.ledger.inbound import DAMAGED, Inbound, decoded, encoded

# The same examples in every run: what is found by chance belongs into a test of its own.
steady = settings(derandomize=True, database=None, deadline=None, max_examples=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
arrivals = st.builds(
    Inbound,
    *[st.text()] * 6,
    address=st.none() | st.text(),
    parent_id=st.none() | st.text(),
    metadata=st.dictionaries(st.text(), values, max_size=3),
)
documents = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*Inbound.__dataclass_fields__, "written_by_a_newer_version"), values)
)


@steady
@given(arrivals, st.integers(1), st.integers(0))
def test_what_came_in_comes_back_whole(inbound: Inbound, sequence: int, answer_after: int) -> None:
    entry = decoded(f"{sequence} {answer_after} {encoded(inbound)}")
    assert (entry.sequence, entry.answer_after, entry.inbound) == (sequence, answer_after, inbound)


@steady
@given(st.text())
def test_any_text_is_an_entry(raw: str) -> None:
    assert decoded(raw).inbound.channel == DAMAGED


@steady
@given(documents)
def test_any_document_is_an_entry_with_our_types_or_nobodys(document: dict[str, Any]) -> None:
    raw = f"7 0 {json.dumps(document)}"
    entry = decoded(raw)
    assert entry.sequence == 7
    if entry.inbound.channel == DAMAGED:
        assert entry.inbound.content in (raw, document.get("content"))
    assert isinstance(entry.inbound.content, str) and isinstance(entry.inbound.metadata, dict)


@steady
@given(arrivals, st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_that_is_none_is_kept_as_its_name(inbound: Inbound, number: float) -> None:
    inbound.metadata["n"] = number
    kept = decoded(f"1 0 {encoded(inbound)}").inbound.metadata
    json.dumps(kept, allow_nan=False)
    assert isinstance(kept["n"], str)
