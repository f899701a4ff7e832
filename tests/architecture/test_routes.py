"""Every route declares who may call it, and the ingress stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ingress import create_app
from models.settings import ROOT
from tests.stores import environment

AUTH = {"public", "signed", "anyone", "bearer", "user", "superuser"}


def test_every_route_declares_its_auth(tmp_path: Path) -> None:
    with environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(tmp_path)):
        app = create_app()
    routes = list(app.url_map.iter_rules())
    assert len(routes) > 15
    undeclared = [rule.rule for rule in routes if getattr(app.view_functions[rule.endpoint], "auth", None) not in AUTH]
    assert undeclared == []


def test_a_route_that_does_not_say_who_may_call_it_answers_nobody(tmp_path: Path) -> None:
    with environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(tmp_path)):
        app = create_app()
        app.add_url_rule("/api/forgotten", view_func=lambda: "a secret")
        response = app.test_client().get("/api/forgotten")
    assert response.status_code == 500
    assert "secret" not in response.text


def test_what_needs_a_token_says_so_in_the_document(tmp_path: Path) -> None:
    with environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(tmp_path)):
        app = create_app()
        document = app.test_client().get("/openapi.json").get_json()
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions[rule.endpoint], "auth", None) not in {"bearer", "user", "superuser"}:
            continue
        path = rule.rule.replace("<", "{").replace(">", "}")
        method = next(iter(rule.methods - {"HEAD", "OPTIONS"})).lower()
        assert document["paths"][path][method]["security"] == [{"bearer": []}], path


def test_importing_the_ingress_loads_no_model_library() -> None:
    looks = (
        "import sys, ingress; print([m for m in ('litellm', 'openai', 'workers.tasks', 'agents') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", looks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
