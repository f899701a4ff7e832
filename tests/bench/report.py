"""docs/benchmarks.md and its plots, from the figures: each part's rows with the day and the machine of their measurement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.plots import plot_backlog, plot_way
from tests.live import ROOT

DOCS = ROOT / "docs"
Row = tuple[str, ...]


def write(results: dict[str, Any], docs: Path = DOCS) -> None:
    """Writes the page and the plots of what was measured."""
    (docs / "images").mkdir(exist_ok=True)
    if "way" in results:
        plot_way(results["way"], docs / "images" / "bench-way.svg")
    if "backlog" in results:
        plot_backlog(results["backlog"], docs / "images" / "bench-backlog.svg")
    text = (Path(__file__).parent / "benchmarks.md.in").read_text()
    (docs / "benchmarks.md").write_text(
        text.replace("{table}", _table(results)).replace("{machines}", _machines(results))
    )


def _table(results: dict[str, Any]) -> str:
    known = {name: results[name] for name in ROWS if name in results}
    lines = [
        " | ".join((*row, f"{found['on']['day']}, {_label(results, found)}{_crowd(found['on'])}"))
        for name, found in known.items()
        for row in ROWS[name](found)
    ]
    return "\n".join(f"| {line} |" for line in lines)


def _machine(found: dict[str, Any]) -> str:
    on = found["on"]
    return f"{on['cores']} cores, {on['memory_gb']} GB, Python {on['python']}"


def _crowd(on: dict[str, Any]) -> str:
    """A word on a machine that others kept busy: such a figure is worth little."""
    load = on.get("load", 0)
    return f", at a load of {load:.0f}" if load > on["cores"] else ""


def _all_machines(results: dict[str, Any]) -> list[str]:
    return sorted({_machine(found) for found in results.values()})


def _label(results: dict[str, Any], found: dict[str, Any]) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[_all_machines(results).index(_machine(found))]


def _machines(results: dict[str, Any]) -> str:
    labels = zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _all_machines(results), strict=False)
    return "; ".join(f"{label}: {machine}" for label, machine in labels)


def _met(yes: bool) -> str:
    return "met" if yes else "**missed**"


def _span(values: list[float]) -> str:
    return f"{sorted(values)[len(values) // 2]} ({min(values)}–{max(values)})"


def _way(way: dict[str, Any]) -> list[Row]:
    accepted, answered, trip = way["accepted"], way["answered"], way["trip_ms"]
    tail, ratio = way["tail_ratio"], way["trip_ratio"]
    return [
        (
            "answered per second, HTTP in to socket out", _span(answered["ours"]),
            f"two-task Celery chain: {_span(answered['peer'])}", f"{answered['ratio']} ×", "≥ 0.8 ×",
            _met(answered["ratio"] >= 0.8),
        ),
        (
            "accepted per second", _span(accepted["ours"]), f"Flask with one `delay()`: {_span(accepted['peer'])}",
            f"{accepted['ratio']} ×", "≥ 1.0 ×", _met(accepted["ratio"] >= 1.0),
        ),
        (
            "POST to reply on the socket, idle, p50", f"{trip['ours']['p50']:.1f} ms",
            f"the chain's round trip: {trip['peer']['p50']:.1f} ms", f"{ratio} ×", "≤ 4 ×", _met(ratio <= 4),
        ),
        (
            "the same, p99", f"{trip['ours']['p99']:.1f} ms", f"{trip['peer']['p99']:.1f} ms", f"{tail} × its p50",
            "≤ 3 ×", _met(tail <= 3),
        ),
    ]  # fmt: skip


def _first_token(found: dict[str, Any]) -> list[Row]:
    ours, theirs, added = (f"{found[name]} ms" for name in ("through", "direct", "added"))
    return [
        (
            "first token, p50",
            ours,
            f"LiteLLM directly: {theirs}",
            f"+ {added}",
            "≤ + 15 ms",
            _met(found["added"] <= 15),
        )
    ]


def _sockets(found: dict[str, Any]) -> list[Row]:
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
                f"fan-out to {found['crowd']}, frames per second", str(fan["frames_per_second"]),
                f"FastAPI/uvicorn: {peer['frames_per_second']}", f"{ratio} ×", "≥ 1.0 ×", _met(ratio >= 1),
            )
        )  # fmt: skip
    return rows


def _backlog(found: dict[str, Any]) -> list[Row]:
    rate, size = found["rate"], found["megabytes"]
    constant = min(rate.values()) >= 0.8 * max(rate.values())
    flat = all(max(sizes) <= 1.25 * sizes[1] for sizes in size.values())
    return [
        (
            f"a backlog of {found['backlog']} drains, answered per second",
            " → ".join(str(rate[name]) for name in ("first", "middle", "last")), "", "", "constant", _met(constant),
        ),
        (
            "workers' memory during the backlog (messages; agents)",
            "; ".join(" → ".join(map(str, sizes)) + " MB" for sizes in size.values()), "", "", "flat", _met(flat),
        ),
    ]  # fmt: skip


def _startup(found: dict[str, Any]) -> list[Row]:
    seconds = found["seconds"]
    return [("`make run`, installed to ready", f"{_span(seconds)} s", "", "", "< 15 s", _met(max(seconds) < 15))]


def _logins(found: dict[str, Any]) -> list[Row]:
    logins, idle, behind, token = found["logins"], found["idle"], found["behind"], found["token_ms"]
    return [
        (
            "logins per second", _span(logins["ours"]), f"bcrypt alone, all cores: {_span(logins['limit'])}",
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
            "checking a token, first time; again", f"{token['first']} ms; {token['again']} ms", "", "", "≤ 1 ms",
            _met(token["first"] <= 1),
        ),
    ]  # fmt: skip


def _strangers(found: dict[str, Any]) -> list[Row]:
    return [
        (
            f"{name}, a known account, p50", f"{way['known']} ms", f"an unknown account: {way['unknown']} ms",
            f"{way['apart']} ms", "≤ 5 ms apart", _met(way["apart"] <= 5),
        )
        for name, way in found["ways"].items()
    ]  # fmt: skip


def _writers(found: dict[str, Any]) -> list[Row]:
    seconds = found["seconds"]
    what = f"{found['writers']} writers at once on SQLite, the slowest of {len(seconds)} rounds"
    return [(what, f"{max(seconds)} s", "", "", "< 1 s", _met(max(seconds) < 1))]


ROWS: dict[str, Callable[[dict[str, Any]], list[Row]]] = {
    "way": _way,
    "first_token": _first_token,
    "sockets": _sockets,
    "backlog": _backlog,
    "startup": _startup,
    "logins": _logins,
    "strangers": _strangers,
    "writers": _writers,
}
