"""How much is measured. With `--tiny` everything runs and nothing is measured, so that a test notices what is broken."""

from __future__ import annotations

import sys

TINY = "--tiny" in sys.argv


def sized(full: int, tiny: int) -> int:
    """A count, as it is measured or for `--tiny`."""
    return tiny if TINY else full
