"""Verification of the caller's e-mail address and phone number by a code."""

from __future__ import annotations

from typing import Any

from channels import codes
from ingress.accounts.profile import shown
from ingress.http.addresses import client_address
from ingress.http.idempotency import digest
from ingress.identity.principal import Principal
from models import limits
from models.accounts import addresses, audit, verifications
from models.accounts.verifications import EMAIL, PHONE
from models.limits import DAY, Limit
from models.people import users
from models.store.database import session

# Per user and per address: sending costs money, and each code allows five guesses.
CODES_PER_MINUTE, CODES_PER_DAY = 5, 20


def send_code(principal: Principal, kind: str, address: str) -> dict[str, Any]:
    """Sends a code to an address. Stores a phone number at once, unverified; an e-mail address once it is verified.

    Raises NoSender, TooMany, Conflict when the address is another user's.
    """
    codes.check_sender()
    limits.count(_code_limits(principal, address))

    def write() -> tuple[str, dict[str, Any]]:
        with session() as db:
            user = users.get(db, principal.id)
            if kind == PHONE and user.phone_number != address:
                user = users.change(db, user.id, phone_number=address, phone_verified=False)
            elif kind == EMAIL:
                users.check_free(db, user.id, EMAIL, address)
            code = verifications.begin(db, user.id, kind, address)
            audit.record(db, "code.sent", user.id, user.id, client_address(), kind=kind)
            return code, shown(db, user)

    code, user = write()
    codes.send_code(address, code)
    return user


def _code_limits(principal: Principal, address: str) -> tuple[Limit, ...]:
    return (
        Limit("codes", f"codes:{principal.id}", CODES_PER_MINUTE),
        Limit("codes a day", f"codes-day:{principal.id}", CODES_PER_DAY, DAY),
        Limit("codes to an address a day", f"codes-to:{digest(address)}", CODES_PER_DAY, DAY),
    )


def verify(principal: Principal, kind: str, code: str) -> dict[str, Any]:
    """Verifies the address with the code, so that it is the caller's; accounts that held it unverified lose it.

    Raises Invalid, Conflict when another account has verified it before."""

    def write() -> dict[str, Any] | None:
        with session() as db:
            losers = addresses.prove(db, principal.id, kind, code.strip())
            if losers is None:
                audit.record(db, "code.refused", principal.id, principal.id, client_address(), kind=kind)
                return None
            audit.record(db, "address.verified", principal.id, principal.id, client_address(), kind=kind)
            for loser in losers:
                audit.record(db, "address.lost", principal.id, loser, None, kind=kind)
            return shown(db, users.get(db, principal.id))

    user = write()
    if user is None:
        raise verifications.refused()
    return user
