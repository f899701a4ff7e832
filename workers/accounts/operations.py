"""The operations of the auth worker, by the name that the ingress sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.accounts.auth_requests import Request
from workers.accounts import passkeys, passwords

OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "register": passwords.register,
    "login": passwords.login,
    "change_password": passwords.change,
    "add_passkey": passkeys.add,
    "register_passkey": passkeys.register,
    "login_passkey": passkeys.login,
    "hash_password": passwords.hash_new,
}
