"""docs/benchmarks.md and its plots, from the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from tests.live import ROOT

DOCS = ROOT / "docs"
OURS, PEER = "#0f5c63", "#e0a84e"


def write(results: dict[str, Any]) -> None:
    """Writes the page and the plots of what was measured."""
    rows = [
        row for part in (_way, _first_token, _sockets, _backlog, _startup, _logins, _strangers) for row in part(results)
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if "way" in results:
        _plot_way(results["way"], DOCS / "images" / "bench-way.svg")
    if "backlog" in results:
        _plot_backlog(results["backlog"], DOCS / "images" / "bench-backlog.svg")
    text = (Path(__file__).parent / "benchmarks.md.in").read_text()
    on = next(iter(results.values()))["on"]
    where = f"{on['cores']} cores, {on['memory_gb']} GB, Python {on['python']}, {on['day']}"
    (DOCS / "benchmarks.md").write_text(text.replace("{table}", table).replace("{where}", where))


def _met(yes: bool) -> str:
    return "met" if yes else "**missed**"


def _span(values: list[float]) -> str:
    return f"{sorted(values)[len(values) // 2]} ({min(values)}–{max(values)})"


def _way(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "way" not in results:
        return []
    way = results["way"]
    accepted, answered, trip = way["accepted"], way["answered"], way["trip_ms"]
    tail, ratio = way["tail_ratio"], way["trip_ratio"]
    return [
        (
            "answered a second, HTTP in to socket out", _span(answered["ours"]),
            f"two-task Celery chain: {_span(answered['peer'])}", f"{answered['ratio']} ×", "≥ 0.8 ×",
            _met(answered["ratio"] >= 0.8),
        ),
        (
            "accepted a second", _span(accepted["ours"]), f"Flask with one `delay()`: {_span(accepted['peer'])}",
            f"{accepted['ratio']} ×", "≥ 1.0 ×", _met(accepted["ratio"] >= 1.0),
        ),
        (
            "POST to reply on the socket, idle, p50", f"{trip['ours']['p50']:.1f} ms",
            f"the chain's round: {trip['peer']['p50']:.1f} ms", f"{ratio} ×", "≤ 4 ×", _met(ratio <= 4),
        ),
        (
            "the same, p99", f"{trip['ours']['p99']:.1f} ms", f"{trip['peer']['p99']:.1f} ms", f"{tail} × its p50",
            "≤ 3 ×", _met(tail <= 3),
        ),
    ]  # fmt: skip


def _first_token(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "first_token" not in results:
        return []
    found = results["first_token"]
    ours, theirs, added = (f"{found[name]} ms" for name in ("through", "direct", "added"))
    return [
        (
            "first token, p50",
            ours,
            f"straight to LiteLLM: {theirs}",
            f"+ {added}",
            "≤ + 15 ms",
            _met(found["added"] <= 15),
        )
    ]


def _sockets(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "sockets" not in results:
        return []
    found = results["sockets"]
    size, fan, peer = found["idle_kilobytes_per_socket"], found["fan_out"], found.get("peer_fan_out")
    rows: list[tuple[str, ...]] = [
        (
            f"memory of an idle socket, {found['idle_sockets']} in one process", f"{size} kB",
            f"FastAPI/uvicorn: {found.get('peer_idle_kilobytes_per_socket', '–')} kB", "", "≤ 60 kB", _met(size <= 60),
        )
    ]  # fmt: skip
    if peer:
        ratio = found["fan_out_ratio"]
        rows.append(
            (
                f"fan-out to {found['crowd']}, frames a second", str(fan["frames_per_second"]),
                f"FastAPI/uvicorn: {peer['frames_per_second']}", f"{ratio} ×", "≥ 1.0 ×", _met(ratio >= 1),
            )
        )  # fmt: skip
    return rows


def _backlog(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "backlog" not in results:
        return []
    found = results["backlog"]
    rate, size = found["rate"], found["megabytes"]
    constant = min(rate.values()) >= 0.8 * max(rate.values())
    flat = all(max(sizes) <= 1.25 * sizes[1] for sizes in size.values())
    return [
        (
            f"a backlog of {found['backlog']} drains, answered a second",
            " → ".join(str(rate[name]) for name in ("first", "middle", "last")), "", "", "constant", _met(constant),
        ),
        (
            "workers' memory meanwhile (messages; agents)",
            "; ".join(" → ".join(map(str, sizes)) + " MB" for sizes in size.values()), "", "", "flat", _met(flat),
        ),
    ]  # fmt: skip


def _startup(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "startup" not in results:
        return []
    seconds = results["startup"]["seconds"]
    return [("`make run`, installed to ready", f"{_span(seconds)} s", "", "", "< 15 s", _met(max(seconds) < 15))]


def _logins(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "logins" not in results:
        return []
    found = results["logins"]
    logins, idle, behind, token = found["logins"], found["idle"], found["behind"], found["token_ms"]
    return [
        (
            "logins a second", _span(logins["ours"]), f"bcrypt alone, all cores: {_span(logins['limit'])}",
            f"{logins['ratio']} ×", "≥ 0.85 ×", _met(logins["ratio"] >= 0.85),
        ),
        (
            "a login, idle, p50", f"{idle['login']} ms", f"one bcrypt check: {idle['check']} ms", f"+ {idle['added']} ms",
            "≤ + 25 ms", _met(idle["added"] <= 25),
        ),
        (
            "a login while 1,000 answers wait, p50", f"{behind['login']} ms", f"one bcrypt check: {behind['check']} ms",
            f"+ {behind['added']} ms", "≤ + 60 ms", _met(behind["added"] <= 60),
        ),
        (
            "a token at the ingress, never seen; seen before", f"{token['first']} ms; {token['again']} ms", "", "", "≤ 1 ms",
            _met(token["first"] <= 1),
        ),
    ]  # fmt: skip


def _strangers(results: dict[str, Any]) -> list[tuple[str, ...]]:
    if "strangers" not in results:
        return []
    return [
        (
            f"{name}, a known account, p50", f"{found['known']} ms", f"an unknown one: {found['unknown']} ms",
            f"{found['apart']} ms", "≤ 5 ms apart", _met(found["apart"] <= 5),
        )
        for name, found in results["strangers"]["ways"].items()
    ]  # fmt: skip


def _plot_way(way: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    for axis, name in zip(axes, ("accepted", "answered"), strict=True):
        rounds = range(1, way["rounds"] + 1)
        axis.bar([r - 0.2 for r in rounds], way[name]["ours"], 0.4, label="Switchboard", color=OURS)
        axis.bar([r + 0.2 for r in rounds], way[name]["peer"], 0.4, label="bare Celery", color=PEER)
        axis.set_title(f"{name} a second")
        axis.set_xlabel("round")
    axes[0].legend(frameon=False)
    _save(figure, path)


def _plot_backlog(found: dict[str, Any], path: Path) -> None:
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
