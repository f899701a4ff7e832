"""`make bench`: measures everything, beside its peers, and writes docs/benchmarks.md with its plots.

`python -m tests.bench way sockets` measures some parts only; the others keep what docs/benchmarks.json holds of them.
`python -m tests.bench --tiny` only sees whether every part runs: it measures nothing and leaves docs/ as it is.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.bench import backlog, first_token, logins, report, sockets, startup, strangers, way, writers
from tests.bench.sizes import TINY
from tests.live import ROOT

PARTS = {
    "way": way,
    "first_token": first_token,
    "sockets": sockets,
    "backlog": backlog,
    "startup": startup,
    "logins": logins,
    "strangers": strangers,
    "writers": writers,
}
DOCS = ROOT / "docs"


def machine() -> dict[str, Any]:
    """Where it is measured, and how many other processes want its cores at the beginning."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "load": round(psutil.getloadavg()[0], 1),
        "day": datetime.now(UTC).date().isoformat(),
    }


def main() -> None:
    """Measures the parts that are named, or all."""
    names = [name for name in sys.argv[1:] if name != "--tiny"] or list(PARTS)
    if not TINY:
        return measure(names, DOCS)
    with TemporaryDirectory(prefix="sb-bench-") as folder:
        measure(names, Path(folder))
    return None


def measure(names: list[str], docs: Path) -> None:
    """Measures these parts and writes the page; other parts keep what the folder holds of them."""
    file = docs / "benchmarks.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        print(f"measuring {name} …", flush=True)
        on = machine()
        results[name] = PARTS[name].run() | {"on": on}
        print(json.dumps({k: v for k, v in results[name].items() if k != "samples"}, indent=2), flush=True)
        file.write_text(json.dumps(results, indent=1) + "\n")
    report.write(results, docs)


if __name__ == "__main__":
    main()
