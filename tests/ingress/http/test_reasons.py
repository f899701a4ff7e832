"""Every fault that a schema of ours can find is told in plain words, without Python's names and without the input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ingress.accounts import api_key_requests
from ingress.accounts import requests as account_schemas
from ingress.administration import requests as administration_requests
from ingress.conversations import methods, requests
from ingress.http import forms
from ingress.http.problems import of_validation
from models import reasons

MODULES = (requests, account_schemas, administration_requests, methods)
MODELS = sorted(
    {m for module in MODULES for m in vars(module).values() if isinstance(m, type) and issubclass(m, BaseModel)}
    - {BaseModel, forms.Strict},
    key=lambda model: model.__name__,
)
MARK = "hunter2"
BAD: list[Any] = [
    *(None, "", " ", MARK, f"{MARK} " * 20_000, "\ud800", "a\0", 5, -1, 0, 10**30, 1.5, float("nan"), True),
    *(
        [],
        [MARK],
        [5],
        [MARK * 100],
        [MARK] * 1000,
        {},
        {MARK: MARK},
        {"a": MARK * 100_000},
        b"\xff",
        "1e9",
        "5",
        "999",
    ),
]
PYTHON = re.compile(
    r"Input|instance of|\bString\b|Value error|dictionary|tuple|\bint\b|\bstr\b|pydantic|pattern|\^|\\\\", re.I
)


def _found(model: type[BaseModel]) -> Iterator[ValidationError]:
    """What the model finds wrong with each bad value in each field, with no field, and with one too many."""
    documents: list[Any] = [{}, {MARK: MARK}, *BAD, *({n: v} for n, v in product(model.model_fields, BAD))]
    inner = [
        {name: {part: value}}
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for part, value in product(field.annotation.model_fields, BAD)
    ]
    for document in documents + inner:
        try:
            model.model_validate(document)
        except ValidationError as error:
            yield error


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_fault_is_told_in_plain_words(model: type[BaseModel]) -> None:
    names = {model.__name__ for model in MODELS}
    found = list(_found(model))
    for error in found:
        for (field, reason), raw in zip(reasons.faults(error), error.errors(), strict=True):
            assert reason != reasons.OTHER, f"{raw['type']} has no words"
            assert not PYTHON.search(reason), reason
            assert not names & set(re.findall(r"\w+", reason)), reason
            assert MARK not in reason
            assert "function" not in field
    assert found or not model.model_fields


def test_the_forms_are_told_in_words() -> None:
    patterns = set(re.findall(r"'pattern': '(.+?)'", str([model.model_json_schema() for model in MODELS])))
    assert {pattern.encode().decode("unicode_escape") for pattern in patterns} <= set(reasons.FORMS)


@pytest.mark.parametrize(
    ("model", "document", "told"),
    [
        (requests.Chat, {"message": 5}, ("message", "must be an object")),
        (requests.Chat, {"message": {}}, ("message.content", "is required")),
        (requests.NewMessage, {"content": ""}, ("content", "must not be empty")),
        (requests.NewMessage, {"content": "x" * 16_001}, ("content", "must have at most 16,000 characters")),
        (requests.Visit, {"email": MARK}, ("email", "must be an e-mail address, such as ada@example.org")),
        (requests.Visit, {"name": "a", "nam": "b"}, ("nam", "is not a known field")),
        (requests.Listing, {"state": MARK}, ("state", "must be agent, waiting, human or closed")),
        (requests.Listing, {"limit": "x"}, ("limit", "must be a whole number")),
        (requests.Listing, {"limit": "201"}, ("limit", "must be at most 200")),
        (account_schemas.Code, {"code": "12"}, ("code", "must be the six digits of the code")),
        (api_key_requests.NewKey, {"name": "a", "scopes": []}, ("scopes", "must not be empty")),
        (api_key_requests.NewKey, {"name": "a", "scopes": [5]}, ("scopes.0", "must be text")),
    ],
)
def test_a_fault_names_the_field_and_what_to_do(
    model: type[BaseModel], document: dict[str, Any], told: tuple[str, str]
) -> None:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(document)
    assert reasons.faults(raised.value) == [told]
    answered = of_validation(raised.value)
    assert answered.get_json()["errors"] == [{"field": told[0], "reason": told[1]}]
    assert answered.get_json()["detail"] == f"{told[0]}: {told[1]}"
