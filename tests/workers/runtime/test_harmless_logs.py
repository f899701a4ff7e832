"""What is kept quiet is that line and no other."""

from __future__ import annotations

import logging
import warnings

from celery.platforms import ROOT_DISCOURAGED, SecurityWarning

from models.settings import ROOT
from workers.runtime import harmless_logs


def _record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("flower.inspector", logging.WARNING, __file__, 1, message, arguments, None)


def test_flower_is_quiet_of_workers_that_start() -> None:
    found = harmless_logs.NoReplyYet()
    assert not found.filter(_record("Inspect method %s failed", "stats"))
    assert found.filter(_record("Inspect method %s failed: %s", "stats", "refused"))
    assert found.filter(_record("Worker inspection failed: %s", "x"))


def test_flower_tells_of_workers_that_do_not_come() -> None:
    found = harmless_logs.NoReplyYet()
    found._until -= harmless_logs.STARTING + 1
    assert found.filter(_record("Inspect method %s failed", "stats"))


def test_root_is_not_warned_of_pickles_that_nobody_takes() -> None:
    assert 'accept_content = ["json"]' in (ROOT / "celeryconfig.py").read_text(encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        harmless_logs.quiet_root()
        warnings.warn(SecurityWarning(ROOT_DISCOURAGED.format(uid=0, euid=0, gid=0, egid=0)), stacklevel=1)
        warnings.warn(SecurityWarning("An entry for the specified gid or egid was not found."), stacklevel=1)
    assert [str(told.message)[:8] for told in caught] == ["An entry"]
