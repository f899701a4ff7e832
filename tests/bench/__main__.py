"""`make bench`: measures everything, beside its peers, and writes docs/benchmarks.md with its plots.

`python -m tests.bench way sockets` measures some parts only; the others keep what docs/benchmarks.json holds of them.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from typing import Any

import psutil

from tests.bench import backlog, first_token, logins, report, sockets, startup, strangers, way
from tests.live import ROOT

PARTS = {
    "way": way,
    "first_token": first_token,
    "sockets": sockets,
    "backlog": backlog,
    "startup": startup,
    "logins": logins,
    "strangers": strangers,
}
RESULTS = ROOT / "docs" / "benchmarks.json"


def machine() -> dict[str, Any]:
    """Where it was measured."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "day": datetime.now(UTC).date().isoformat(),
    }


def main() -> None:
    """Measures the parts that are named, or all."""
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in sys.argv[1:] or PARTS:
        print(f"measuring {name} …", flush=True)
        results[name] = PARTS[name].run() | {"on": machine()}
        print(json.dumps({k: v for k, v in results[name].items() if k != "samples"}, indent=2), flush=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    report.write(results)


if __name__ == "__main__":
    main()
