"""A worker that cannot load what its queue needs ends, so that the supervisor and `/health` tell of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.live import ROOT, SECRET

COMMAND = "-m celery -q -A workers.tasks worker -n auth@%h -P prefork -Q auth --without-gossip --without-mingle"


def test_a_worker_that_cannot_load_its_library_ends(tmp_path: Path) -> None:
    (tmp_path / "webauthn.py").write_text("raise ImportError('libcrypto.so.3: cannot open shared object file')")
    settings = {"SECRET_KEY": SECRET, "VAR_FOLDER": str(tmp_path), "REDIS_URL": f"unix://{tmp_path}/none.sock"}
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **settings}
    ended = subprocess.run(
        [sys.executable, *COMMAND.split()],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "cannot load what its queues need" in ended.stderr
    assert "libcrypto.so.3" in ended.stderr
