"""What machines ask of a deployment."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from ingress.ops import health
from models.health import language_models
from models.store.database import session
from tests.ingress.conftest import Started, check_problem


def test_the_index_names_where_things_are(client: FlaskClient) -> None:
    told = client.get("/").get_json()
    assert told["name"] == "Switchboard"
    for path in ("/chat", "/signin", "/docs", "/redoc", "/openapi.json"):
        assert path in told["links"].values()
        assert client.get(path, follow_redirects=True).status_code == 200


CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", [CHROMIUM, FIREFOX, "text/html"])
def test_a_browser_is_sent_to_the_chat_page(client: FlaskClient, accept: str) -> None:
    response = client.get("/", headers={"Accept": accept})
    assert (response.status_code, response.headers["Location"]) == (302, "/chat")
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html;q=0.9", "text/plain"])
def test_a_program_is_told_in_json(client: FlaskClient, accept: str | None) -> None:
    response = client.get("/", headers={"Accept": accept} if accept else {})
    assert response.get_json()["name"] == "Switchboard"
    assert "Accept" in response.headers["Vary"]


def test_health_names_every_part_and_no_secret(client: FlaskClient) -> None:
    told = client.get("/health").get_json()
    assert set(told["parts"]) == {"configuration", "database", "redis", "broker", "queues", "agents", "models"}
    assert told["parts"]["database"] == told["parts"]["redis"] == "ok"
    assert told["parts"]["queues"] == dict.fromkeys(("inbound", "agents", "auth", "sweep"), "never seen")
    assert told["ok"] is False
    assert client.get("/ready").get_json() == {"ready": True}


def test_a_misconfigured_model_is_named_with_its_setting(started: Started) -> None:
    client = started(LLM_MODEL="openai/gpt-4o", LLM_FALLBACKS="anthropic/claude-3,local")
    language_models.note_setup({"openai/gpt-4o": "OPENAI_API_KEY is not set", "anthropic/claude-3": ""})
    models = client.get("/health").get_json()["parts"]["models"]
    assert models == {"local": "ok", "openai/gpt-4o": "misconfigured", "anthropic/claude-3": "unused"}
    told = client.get("/ready")
    assert (told.status_code, told.get_json()["ready"]) == (200, True)
    assert told.get_json()["detail"] == "The model openai/gpt-4o cannot answer: OPENAI_API_KEY is not set."


def test_that_nothing_can_answer_is_said_and_stops_no_traffic(started: Started) -> None:
    client = started(LLM_MODEL="openai/gpt-4o")
    language_models.note_setup({"openai/gpt-4o": "OPENAI_API_KEY is not set"})
    told = client.get("/ready")
    assert told.status_code == 200
    assert told.get_json()["detail"].endswith("every message fails.")
    assert client.get("/health").get_json()["ok"] is False
    language_models.note_setup({"openai/gpt-4o": ""})
    assert client.get("/ready").get_json() == {"ready": True}


def test_a_full_ledger_is_not_ready(started: Started) -> None:
    client = started(LEDGER_MAX="1")
    told = client.post("/api/conversations", json={}).get_json()
    path = f"/api/conversations/{told['conversation']['id']}/messages"
    headers = {"Authorization": f"Bearer {told['token']}"}
    answers = [client.post(path, json={"content": "x"}, headers=headers) for _ in range(2)]
    check_problem(answers[-1], 503)
    assert answers[-1].headers["Retry-After"]
    assert "ledger is full" in check_problem(client.get("/ready"), 503)["detail"]


def test_a_write_that_does_not_end_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with session():
        assert client.get("/ready").status_code == 200, "writers take their time"
        monkeypatch.setattr(health, "HANGS_AFTER", 0.0)
        assert "is hanging" in check_problem(client.get("/ready"), 503)["detail"]
        assert health._check_all()["database"] == "hangs"
    assert client.get("/ready").status_code == 200, "nobody writes"


def test_metrics_count_by_route_and_never_by_id(client: FlaskClient) -> None:
    told = client.post("/api/conversations", json={}).get_json()
    client.get(f"/api/conversations/{told['conversation']['id']}", headers={"Authorization": f"Bearer {told['token']}"})
    text = client.get("/metrics").get_data(as_text=True)
    assert 'switchboard_http_requests_total{route="/api/conversations/<conversation_id>",status="200"}' in text
    assert re.search(r"^switchboard_ledger_depth \d", text, re.MULTILINE)
    assert re.search(r"^switchboard_dead_letters 0", text, re.MULTILINE)
    assert told["conversation"]["id"] not in text


def test_the_openapi_document_is_3_1_and_tells_auth_and_problems(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    write = document["paths"]["/api/conversations/{conversation_id}/messages"]["post"]
    assert write["security"] == [{"bearer": []}]
    assert {"200", "401", "404", "413", "415", "422", "429", "503"} <= set(write["responses"])
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_test_stream_sends_one_of_each(client: FlaskClient) -> None:
    response = client.get("/api/test-stream")
    assert response.content_type.startswith("text/event-stream")
    kinds = re.findall(r"^event: (\w+)$", response.get_data(as_text=True), re.MULTILINE)
    assert kinds == ["started", "agent_thinking", "tool_execution", "agent_response", "completed", "error"]


def test_cors_is_for_named_origins_only(started: Started) -> None:
    client = started(CORS_ORIGINS="https://shop.example")
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    for origin, allowed in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
        response = client.options("/api/chat", headers={"Origin": origin, **asks})
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
    assert "Access-Control-Allow-Origin" not in started().get("/", headers={"Origin": "https://x.example"}).headers


def test_every_response_is_told_not_to_be_guessed_at(client: FlaskClient) -> None:
    assert client.get("/").headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'self'" in client.get("/chat").headers.get("Content-Security-Policy", "")
