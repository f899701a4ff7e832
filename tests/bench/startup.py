"""From `make run`, installed, to ready. `python -m tests.bench.startup` prints JSON, in seconds."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.bench.programs import program
from tests.bench.sizes import sized

RUNS = sized(3, 1)


def run() -> dict[str, Any]:
    """Each run on an empty folder: secrets, migration and all."""
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        with program():
            seconds.append(round(time.perf_counter() - began, 1))
    return {"seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
