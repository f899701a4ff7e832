"""Revocation of tokens: Redis answers with one look-up; when it cannot, the database does."""

from __future__ import annotations

import logging
import threading

from channels.relay.revocations import announce
from ingress.identity.principal import VISITOR, Principal
from ingress.identity.tokens import REFUSED
from models.accounts import api_keys, revocation_recovery, revocations
from models.accounts.revocations import Standing
from models.errors import RedisAway, Unauthenticated, Unavailable
from models.store.database import reading

log = logging.getLogger(__name__)
_seeding = threading.Lock()


class _Outages:
    """Outages of Redis. After one, Redis lacks what was revoked meanwhile, but its marker may be present."""

    noticed = 0
    mended = 0


_outages = _Outages()


class Outdated(Unauthenticated):
    """The user's rights have changed: a refreshed token has the new rights."""


def check(principal: Principal) -> None:
    """Raises Unauthenticated for a revoked token, Outdated when the user's rights have changed, DatabaseAway."""
    standing = _standing(principal)
    if standing.revoked:
        raise Unauthenticated(REFUSED)
    if principal.scopes is None and standing.generation > principal.generation:
        raise Outdated(REFUSED)


def _standing(principal: Principal) -> Standing:
    if principal.scopes is not None:  # a key works again once its user is enabled, so Redis is not asked
        return _standing_in_database(principal)
    subject, user_id = (principal.id, "") if principal.kind == VISITOR else (principal.session_id, principal.id)
    try:
        standing = revocations.find_standing(subject, user_id)
    except RedisAway:
        _outages.noticed += 1
        return _standing_in_database(principal)
    if standing is None or _outages.noticed != _outages.mended:
        _seed()
        return _standing_in_database(principal)
    return standing


def _standing_in_database(principal: Principal) -> Standing:
    with reading() as db:
        if principal.kind == VISITOR:
            return revocations.standing_of_contact(db, principal.id)
        if principal.scopes is not None:
            return Standing(not api_keys.is_alive(db, principal.session_id), 0)
        return revocations.standing_of_session(db, principal.session_id)


def _seed() -> None:
    """Restores what Redis has lost or was not told. One request does it; the others ask the database meanwhile."""
    if not _seeding.acquire(blocking=False):
        return
    try:
        noticed, nonce = _outages.noticed, revocation_recovery.begin_seeding()
        all_revoked = _all_revoked()
        if revocation_recovery.end_seeding(nonce, all_revoked):
            _outages.mended = noticed
        announce(all_revoked)
    except Unavailable as error:
        log.warning("revocations not restored: %s", error.title)
    finally:
        _seeding.release()


def _all_revoked() -> revocations.Revoked:
    with reading() as db:
        return revocation_recovery.all_revoked(db)
