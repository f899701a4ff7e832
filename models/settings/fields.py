"""Every setting: its type and default, and values derived from several. Names are those of `.env.example`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.settings.checks import (
    BrokerUrl,
    ContactFields,
    DatabaseUrl,
    Listed,
    LogFormat,
    LogLevel,
    Origin,
    Origins,
    ReadableFile,
    RedisUrl,
    SigningKeys,
    WebhookSecrets,
)

ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseModel):
    """The settings of one deployment. Durations are in seconds, limits in calls per minute."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    var_folder: Path = ROOT / "var"
    debug: bool = False
    secret_key: SigningKeys
    database_url: DatabaseUrl = ""
    redis_url: RedisUrl = ""
    redis_wait_replicas: int = Field(0, ge=0)
    broker_url: BrokerUrl = ""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    public_url: Origin = ""
    ssl_cert: ReadableFile = ""
    ssl_key: ReadableFile = ""
    cors_origins: Origins = ()
    trusted_proxies: int = Field(0, ge=0)

    ratelimit_enabled: bool = True
    ratelimit_login: int = Field(5, ge=1)
    ratelimit_user: int = Field(30, ge=1)
    ratelimit_conversation: int = Field(10, ge=1)
    ratelimit_sender: int = Field(20, ge=1)
    ratelimit_address: int = Field(120, ge=1)
    connections_per_address: int = Field(1000, ge=1)
    ledger_max: int = Field(100_000, ge=1)
    inbound_secrets: dict[str, WebhookSecrets] = Field(default_factory=dict)

    llm_model: str = "local"
    llm_models: dict[str, str] = Field(default_factory=dict)
    llm_fallbacks: Listed = ()
    llm_api_base: str = ""
    llm_api_key: str = ""
    agent_timeout: float = Field(30, gt=0, le=600)
    chat_history_max: int = Field(50, ge=1, le=1000)
    contact_required: ContactFields = ()
    handoff_timeout: float = Field(600, gt=0, le=30 * 24 * 3600)

    webauthn_rp_id: str = ""
    webauthn_rp_name: str = "Switchboard"
    webauthn_origin: Origin = ""

    flower_user: str = "ops"
    flower_password: str = ""
    flower_port: int = Field(5555, ge=1, le=65535)
    log_level: LogLevel = "INFO"
    log_format: LogFormat = "console"
    log_folder: Path = Path()

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        values = dict(values)
        var = values["var_folder"] = Path(values.get("var_folder") or ROOT / "var").resolve()
        values["database_url"] = values.get("database_url") or f"sqlite:///{var / 'switchboard.db'}"
        values["redis_url"] = values.get("redis_url") or f"unix://{embedded_socket(var)}"
        values["broker_url"] = values.get("broker_url") or _as_broker(values["redis_url"])
        values["log_folder"] = values.get("log_folder") or var / "log"
        return values

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Settings:
        if bool(self.ssl_cert) != bool(self.ssl_key):
            raise ValueError("SSL_CERT and SSL_KEY must be set together, and one of them is missing")
        return self

    @property
    def embedded_redis(self) -> bool:
        """True when no REDIS_URL is set, so that the `redis` process of the Procfile serves."""
        return self.redis_url == f"unix://{embedded_socket(self.var_folder)}"

    @property
    def signing_keys(self) -> dict[str, str]:
        """Key id → key. The first key signs, all of them verify. The id is a digest, which does not reveal the key."""
        return {hashlib.sha256(key.encode()).hexdigest()[:8]: key for key in self.secret_key}

    @property
    def tls(self) -> bool:
        return bool(self.ssl_cert)

    @property
    def origin(self) -> str:
        """Scheme, host and port at which people reach this deployment."""
        host = "localhost" if self.host in {"0.0.0.0", "127.0.0.1", "::"} else self.host  # noqa: S104 - compared, not bound
        return self.public_url or f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def passkey_origin(self) -> str:
        """The origin of the pages that use passkeys."""
        return self.webauthn_origin or self.origin

    @property
    def passkey_domain(self) -> str:
        """The relying party's id: the domain that passkeys belong to (WebAuthn Level 3, 5.1.2)."""
        return self.webauthn_rp_id or urlsplit(self.passkey_origin).hostname or "localhost"


def embedded_socket(var: Path) -> Path:
    """The embedded Redis's socket. Its path is short, since that of a unix socket has at most 107 bytes."""
    digest = hashlib.sha256(str(var).encode()).hexdigest()[:12]
    return Path("/tmp") / f"switchboard-{os.getuid()}-{digest}" / "redis.sock"  # noqa: S108 - the folder is 0700


def _as_broker(redis_url: str) -> str:
    return redis_url.replace("unix://", "redis+socket://", 1)
