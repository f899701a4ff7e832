"""Models one after another: the first that answers, answers. Under the worker's guard, and under one deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic

from agents.completion import LOCAL, End, Model, Piece, Request
from agents.llm.deadline import bounded
from agents.local.completion import ask as ask_local
from agents.protocol import Guard, ModelCall, unguarded
from models.errors import ModelError, ModelTimeout


@dataclass(frozen=True)
class Chain:
    """An agent's models in order. The next is asked only while nothing was yielded: half an answer of one model cannot
    be finished by another."""

    models: Sequence[Model]
    guard: Guard = unguarded

    def pieces(self, request: Request, until: float, alive: Callable[[], None]) -> Iterator[Piece | ModelCall]:
        """One answer, `End` last, and a ModelCall for each provider's model: before its `End`, or in place of its answer.

        `until` is `time.monotonic` seconds; `alive` is called before each model is. Raises ModelError: the one that gives
        most hope when all fail, `unavailable` or `timeout` when an answer that had begun was cut."""
        failed: list[tuple[str, ModelError]] = []
        for position, model in enumerate(self.models):
            begun = False
            alive()
            try:
                for piece in self._ask(model, request, _first_by(until, last=model is self.models[-1]), until):
                    begun = True
                    yield from _told(model, piece)
                return
            except ModelError as error:
                yield ModelCall(model.name, error.kind)
                if begun:
                    raise
                failed.append((model.name, error))
            if monotonic() >= until:
                failed += [(skipped.name, _no_time()) for skipped in self.models[position + 1 :]]
                break
        raise most_hopeful(failed)

    def _ask(self, model: Model, request: Request, first_by: float, until: float) -> Iterator[Piece]:
        if model.name == LOCAL:  # answers at once and calls nobody: no thread, no guard, no LiteLLM
            yield from ask_local(request)
            return
        from agents.llm import litellm  # noqa: PLC0415 - takes seconds to import

        with self.guard(model.name), _out_of_time_is_a_model_error():
            yield from bounded(lambda: litellm.stream(model, request), first_by, until)


def _first_by(until: float, *, last: bool) -> float:
    """A silent model leaves half of the time that is left to those behind it."""
    now = monotonic()
    return until if last else now + (until - now) / 2


@contextmanager
def _out_of_time_is_a_model_error() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise ModelTimeout("The model did not answer in time.") from None


def _told(model: Model, piece: Piece) -> Iterator[Piece | ModelCall]:
    """The piece; the last one names the model, and comes after the word that the model answered."""
    if not isinstance(piece, End):
        yield piece
        return
    if model.name != LOCAL:
        yield ModelCall(model.name)
    yield replace(piece, facts={"model": model.name, **piece.facts})


def _no_time() -> ModelError:
    return ModelTimeout("No time was left to ask it.")


def most_hopeful(failed: Sequence[tuple[str, ModelError]]) -> ModelError:
    """One error for all: retryable if any is, after the shortest time that a provider named. Its detail names each
    model and its kind, and nothing that a provider wrote."""
    detail = "No model answered: " + ", ".join(f"{name} ({error.kind})" for name, error in failed) + "."
    retryable = [error for _, error in failed if not error.permanent]
    if not retryable:
        return type(failed[0][1])(detail, permanent=True)
    best = min(retryable, key=lambda error: float("inf") if error.retry_after is None else error.retry_after)
    return type(best)(detail, permanent=False, retry_after=best.retry_after)
