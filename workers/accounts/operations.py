"""The operations of the auth worker, by the name that the ingress asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.accounts.requests import Request
from workers.accounts import passkey, password

OPERATIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "register": password.register,
    "login": password.login,
    "change_password": password.change,
    "add_passkey": passkey.add,
    "register_passkey": passkey.register,
    "login_passkey": passkey.login,
    "hash_password": password.hash_new,
}
