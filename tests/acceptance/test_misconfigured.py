"""A deployment whose model lacks its key says so at the start, and fails its messages at once and honestly."""

from __future__ import annotations

import httpx

from tests.acceptance import stored
from tests.acceptance.person import Person
from tests.program import Program

LINE = "The model openai/gpt-4o cannot answer: neither LLM_API_KEY nor OPENAI_API_KEY is set."


def test_a_missing_key_is_said_at_the_start_and_fails_at_once() -> None:
    with Program(LLM_MODEL="openai/gpt-4o", OPENAI_API_KEY="") as program:
        program.wait_until(lambda: LINE in program.output(), 10, "said on the screen")
        assert "model openai/gpt-4o cannot answer" in program.places.log("agents").read_text()
        ready = httpx.get(f"{program.url}/ready")
        assert (ready.status_code, LINE in ready.json()["detail"]) == (200, True)
        assert httpx.get(f"{program.url}/health").json()["parts"]["models"] == {"openai/gpt-4o": "misconfigured"}
        with Person(program) as person:
            asked = person.send("hello")
            program.wait_until(lambda: person.get(f"/messages/{asked}").json()["status"] == "failed", 30, "given up")
            steps = person.get(f"/messages/{asked}/trace").json()["steps"][2:]
            told = [(step["step"], step["try"], step["outcome"]) for step in steps]
            assert told == [("model", 1, "misconfigured"), ("answer", 1, "misconfigured")]
            (letter,) = stored.dead_letters(program.settings.database_url, [person.id])
            assert (letter.message_id, letter.kind) == (asked, "misconfigured")
        text = httpx.get(f"{program.url}/metrics").text
        labels = 'kind="misconfigured",model="openai/gpt-4o",outcome="given_up"'
        assert f"switchboard_model_calls_total{{{labels}}} 1.0" in text
