"""The packages of tests/javascript."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.live import ROOT

FOLDER = ROOT / "tests" / "javascript"


def packages() -> Path:
    """The folder `node_modules`. Without it, or without node, the test is skipped, but fails in CI."""
    found = FOLDER / "node_modules"
    if shutil.which("node") is None or not (found / "@asyncapi").is_dir():
        assert not os.environ.get("CI"), "CI runs `npm ci` in tests/javascript"
        pytest.skip("needs node, and `npm ci` in tests/javascript")
    return found
