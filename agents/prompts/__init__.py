"""Prompts: files beside this one, read once per process."""

from functools import cache
from pathlib import Path


@cache
def prompt(name: str) -> str:
    """The text of `<name>.md`."""
    return (Path(__file__).parent / f"{name}.md").read_text("utf-8").strip()
