"""Settings: strict, all faults at once, no value told; and .env.example lists every one with its default."""

from __future__ import annotations

import re
from base64 import b64encode
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from models.settings import FAMILIES, ROOT, Settings, SettingsError, doubtful, load, parse
from models.settings.checks import EXAMPLE_SECRET

KEY = "a-key-of-tests-only-a-key-of-tests-only"
FAMILY_LINES = {"LLM_MODEL_<AGENT>", "INBOUND_SECRET_<SOURCE>"}


def _example() -> dict[str, str]:
    """Name → value of every setting in .env.example. A line of prose is not a setting."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^# ([A-Z][A-Z0-9_]*(?:<[A-Z]+>)?)=(.*)$", text, re.MULTILINE))


def _fields() -> set[str]:
    return {field.upper() for field in Settings.model_fields if field not in FAMILIES.values()}


def test_the_example_lists_every_setting_and_no_other() -> None:
    assert _example().keys() == _fields() | FAMILY_LINES
    assert {name.partition("<")[0] for name in FAMILY_LINES} == FAMILIES.keys()


def test_the_example_changes_nothing_when_it_is_copied() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []


def test_the_example_tells_the_defaults() -> None:
    told = {name: value for name, value in _example().items() if name not in FAMILY_LINES}
    told["SECRET_KEY"] = KEY
    told["VAR_FOLDER"] = str(ROOT / told["VAR_FOLDER"])
    assert parse(told) == parse({"SECRET_KEY": KEY})


def test_the_example_has_no_default_left_out() -> None:
    defaults = {name: Settings.model_fields[name.lower()].get_default() for name in _fields()}
    given = {name for name, value in defaults.items() if value not in ("", (), Path()) and name != "SECRET_KEY"}
    assert {name for name, value in _example().items() if value} == given | {"SECRET_KEY"}


def test_every_setting_of_the_example_is_explained() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    groups = {"SSL_KEY", "FLOWER_PASSWORD", "FLOWER_PORT"}  # told in the line above their first
    for above, line in pairwise(lines):
        name = re.match(r"# ([A-Z][A-Z0-9_]*(?:<[A-Z]+>)?)=", line)
        if name and name[1] not in groups:
            assert re.match(r"# [A-Z].*[a-z]", above) and "=" not in above.split()[1], f"{name[1]} is not explained"


def test_all_faults_are_told_at_once_and_no_value() -> None:
    wrong = {
        "SECRET_KEY": "too-short-to-be-a-key",
        "PORT": "eighty-thousand",
        "AGENT_TIMEOUT": "-7331",
        "CONTACT_REQUIRED": "name,shoesize",
        "LOG_LEVEL": "CHATTY-LEVEL",
        "LLM_API_KEY": "sk-hidden",
    }
    with pytest.raises(SettingsError) as raised:
        parse(wrong)
    said = str(raised.value)
    assert [name for name in wrong if f"  {name}: " in said] == [name for name in wrong if name != "LLM_API_KEY"]
    secrets = ("too-short-to-be-a-key", "eighty-thousand", "-7331", "shoesize", "CHATTY-LEVEL", "sk-hidden")
    assert not [value for value in secrets if value in said]


def test_without_a_secret_it_says_which() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        parse({})


def test_the_example_secret_is_refused() -> None:
    assert _example()["SECRET_KEY"] == EXAMPLE_SECRET
    with pytest.raises(SettingsError, match=r"SECRET_KEY: .*must not be the example"):
        parse({"SECRET_KEY": EXAMPLE_SECRET})
    with pytest.raises(SettingsError, match="must not be the example"):
        parse({"SECRET_KEY": f"{KEY},{EXAMPLE_SECRET}"})


@pytest.mark.parametrize("keys", ["short", f"{KEY},short", " , "])
def test_every_key_is_long_enough(keys: str) -> None:
    with pytest.raises(SettingsError, match="at least 32 bytes"):
        parse({"SECRET_KEY": keys})


def test_the_first_key_signs_and_all_verify() -> None:
    old, new = KEY, KEY[::-1]
    keys = parse({"SECRET_KEY": f"{new},{old}"}).signing_keys
    assert list(keys.values()) == [new, old]
    assert parse({"SECRET_KEY": old}).signing_keys.items() <= keys.items()


NEW, OLD = ("whsec_" + b64encode(letter * 32).decode() for letter in (b"n", b"o"))


def test_families_are_collected_by_their_ending() -> None:
    found = parse({
        "SECRET_KEY": KEY,
        "LLM_MODEL": "local",
        "LLM_MODEL_CONVERSATION": "openai/gpt-4o",
        "INBOUND_SECRET_SHOP": f"{NEW},{OLD}",
        "INBOUND_SECRET_MY_TILL": NEW,
        "INBOUND_SECRETS": "not a setting",
        "LLM_MODELS": "not a setting",
    })  # fmt: skip
    assert (found.llm_model, found.llm_models) == ("local", {"conversation": "openai/gpt-4o"})
    assert found.inbound_secrets == {"shop": (NEW, OLD), "my_till": (NEW,)}


def test_an_empty_value_counts_as_not_set() -> None:
    assert parse({"SECRET_KEY": KEY, "PORT": "", "LLM_MODEL": "", "REDIS_URL": ""}) == parse({"SECRET_KEY": KEY})


def test_what_is_derived_follows_the_folder(tmp_path: Path) -> None:
    found = parse({"SECRET_KEY": KEY, "VAR_FOLDER": str(tmp_path)})
    assert found.database_url == f"sqlite:///{tmp_path / 'switchboard.db'}"
    assert found.log_folder == tmp_path / "log"
    assert found.embedded_redis
    assert found.broker_url.startswith("redis+socket://")
    assert len(found.redis_url.removeprefix("unix://").encode()) < 107


def test_a_redis_of_ones_own_is_also_the_broker() -> None:
    found = parse({"SECRET_KEY": KEY, "REDIS_URL": "redis://host:6379/0"})
    assert (found.broker_url, found.embedded_redis) == ("redis://host:6379/0", False)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({}, "http://localhost:8000"),
        ({"HOST": "0.0.0.0", "PORT": "80"}, "http://localhost:80"),
        ({"SSL_CERT": __file__, "SSL_KEY": __file__, "HOST": "example.com"}, "https://example.com:8000"),
        ({"PUBLIC_URL": "https://chat.example.com/"}, "https://chat.example.com"),
        ({"PUBLIC_URL": "HTTPS://Chat.Example.com:443"}, "https://chat.example.com"),
        ({"PUBLIC_URL": "http://[::1]:8080"}, "http://[::1]:8080"),
    ],
)
def test_the_origin(given: dict[str, str], origin: str) -> None:
    assert parse({"SECRET_KEY": KEY, **given}).origin == origin


def test_the_environment_wins_over_env_and_env_over_the_secrets(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secrets.env").write_text(f"SECRET_KEY={KEY}\nFLOWER_USER=secrets\nPORT=1001\nHOST=h1\n")
    (tmp_path / ".env").write_text("PORT=1002\nHOST=h2\n")
    found = load({"HOST": "h3"}, tmp_path)
    seen: tuple[Any, ...] = (found.secret_key, found.flower_user, found.port, found.host)
    assert seen == ((KEY,), "secrets", 1002, "h3")


def test_the_folder_of_the_secrets_may_be_named_in_env(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secrets.env").write_text(f"SECRET_KEY={KEY}\n")
    (tmp_path / ".env").write_text(f"VAR_FOLDER={tmp_path / 'elsewhere'}\n")
    assert load({}, tmp_path).secret_key == (KEY,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host/name"),
        ("REDIS_URL", "http://host"),
        ("BROKER_URL", "foo"),
        ("INBOUND_SECRET_SHOP", "hello"),
        ("INBOUND_SECRET_SHOP", "whsec_c2hvcnQ="),
        ("SSL_CERT", "/nope.pem"),
        ("CORS_ORIGINS", "example.com"),
        ("CORS_ORIGINS", "https://example.com/path"),
    ],
)
def test_a_value_of_the_wrong_form_is_told_before_anything_starts(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"  {name}: ") as told:
        parse({"SECRET_KEY": KEY, name: value})
    assert value not in str(told.value)


@pytest.mark.parametrize("name", ["PUBLIC_URL", "WEBAUTHN_ORIGIN"])
@pytest.mark.parametrize(
    "value",
    [
        "example.com",
        "//example.com",
        "ftp://example.com",
        "https://",
        "https://example.com/chat",
        "https://example.com//",
        "https://example.com?a=b",
        "https://example.com#a",
        "https://ada:secret@example.com",
        "https://example.com:0",
        "https://example.com:65536",
        "https://müller.example",
        "https://exa mple.com",
    ],
)
def test_the_public_address_is_an_origin(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"  {name}: .*such as https://chat.example.com") as told:
        parse({"SECRET_KEY": "short", name: value, "PORT": "x"})
    said = str(told.value)
    assert not [word for word in ("ada", "secret", "müller", "exa mple") if word in said]
    assert said.count("\n") == 3, "all faults are told at once"


def test_a_certificate_without_its_key_is_told() -> None:
    with pytest.raises(SettingsError, match="must be set together"):
        parse({"SECRET_KEY": KEY, "SSL_CERT": __file__})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("LLM_MODLE", "LLM_MODEL"),
        ("RATELIMIT_CONVERSTION", "RATELIMIT_CONVERSATION"),
        ("llm_model", "LLM_MODEL"),
        ("PROT", "PORT"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("INBOUND_SECRT_SHOP", "INBOUND_SECRET_…"),
        ("LLM_MODLE_CONVERSATION", "LLM_MODEL_…"),
    ],
)
def test_a_typing_mistake_in_the_file_is_told_with_all_other_faults(tmp_path: Path, written: str, meant: str) -> None:
    (tmp_path / ".env").write_text(f"{written}=a-value\nOPENAI_API_KEY=sk\nLLM_MODEL_SUPPORT=local\nPORT=x\n")
    with pytest.raises(SettingsError) as told:
        load({"SECRET_KEY": KEY}, tmp_path)
    said = str(told.value).splitlines()
    assert f"  {written} is not a setting; did you mean {meant}?" in said
    assert len(said) == 3, "the heading, the name and PORT"
    assert "a-value" not in str(told.value)


def test_a_name_that_begins_like_ours_is_told_in_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RATELIMIT_FOO=1\n")
    with pytest.raises(SettingsError, match=r"\n  RATELIMIT_FOO is not a setting\.$"):
        load({"SECRET_KEY": KEY}, tmp_path)


OF_OTHERS = [
    *("OPENAI_API_KEY", "AZURE_API_VERSION", "AWS_REGION_NAME", "OLLAMA_HOST", "HF_TOKEN", "AIML_API_KEY"),
    *("SCW_SECRET_KEY", "LITELLM_MODE", "SSL_CERT_FILE", "REDIS_PORT", "COMPOSE_PROJECT_NAME", "HTTP_PROXY", "PATH"),
    *("HOSTNAME", "SHELL", "INBOUND_SECRET_MY_SHOP", "LLM_MODEL_CONVERSATION", "RATELIMIT_USER"),
]


def test_names_of_others_are_theirs(tmp_path: Path) -> None:
    value = "whsec_" + b64encode(b"n" * 32).decode()
    text = "".join(f"{name}={'7' if name == 'RATELIMIT_USER' else value}\n" for name in OF_OTHERS)
    (tmp_path / ".env").write_text(text)
    assert load({"SECRET_KEY": KEY}, tmp_path).ratelimit_user == 7
    assert doubtful(dict.fromkeys(OF_OTHERS, "")) == []


def test_in_the_environment_a_typing_mistake_is_doubtful_and_no_fault(tmp_path: Path) -> None:
    environ = {"SECRET_KEY": KEY, "LLM_MODLE": "a-value", "RATELIMIT_FOO": "1"}
    assert load(environ, tmp_path).llm_model == "local"
    assert doubtful(environ) == ["LLM_MODLE is not a setting; did you mean LLM_MODEL?"]


@pytest.mark.parametrize("key", ["short", "change-me-change-me-change-me-change-me", f"{'g' * 40},short"])
def test_a_weak_key_starts_only_in_debug(key: str) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        parse({"SECRET_KEY": key})
    assert parse({"SECRET_KEY": key, "DEBUG": "true"}).secret_key == tuple(key.split(","))
