"""The plots of docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

mpl.rcParams["svg.hashsalt"] = "switchboard"  # the same figures give the same file
OURS, PEER = "#0f5c63", "#e0a84e"


def plot_way(way: dict[str, Any], path: Path) -> None:
    """Accepted and answered, each round beside the peer's."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for axis, name in zip(axes, ("accepted", "answered"), strict=True):
        rounds = range(1, way["rounds"] + 1)
        axis.bar([r - 0.2 for r in rounds], way[name]["ours"], 0.4, label="Switchboard", color=OURS)
        axis.bar([r + 0.2 for r in rounds], way[name]["peer"], 0.4, label="bare Celery", color=PEER)
        axis.set_title(f"{name} per second")
        axis.set_xlabel("round")
    axes[0].legend(frameon=False)
    _save(figure, path)


def plot_backlog(found: dict[str, Any], path: Path) -> None:
    """How a backlog drains, and the workers' memory meanwhile."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    seconds = [s["seconds"] for s in found["samples"]]
    axes[0].plot(seconds, [s["answered"] for s in found["samples"]], color=OURS)
    axes[0].set_title(f"answered of {found['backlog']}")
    for name, color in zip(("messages", "agents"), (PEER, OURS), strict=True):
        axes[1].plot(seconds, [s[name] for s in found["samples"]], label=name, color=color)
    axes[1].set_title("memory of the workers, MB")
    axes[1].set_ylim(bottom=0)
    axes[1].legend(frameon=False)
    for axis in axes:
        axis.set_xlabel("seconds")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
