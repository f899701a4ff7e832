"""Fallback between models: the first that answers, answers. All under the worker's guard and one deadline."""

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
class Fallback:
    """An agent's models in order. The next is called only while nothing was yielded: none can finish another's answer."""

    models: Sequence[Model]
    guard: Guard = unguarded

    def pieces(self, request: Request, deadline: float, alive: Callable[[], None]) -> Iterator[Piece | ModelCall]:
        """One answer, `End` last, and a ModelCall for each provider's model: before its `End`, or in place of its answer.

        `deadline`: `time.monotonic` seconds. `alive` is called before each model. Raises ModelError: the most hopeful one
        when all models fail; `unavailable` or `timeout` when an answer was cut after it had begun."""
        failures: list[tuple[str, ModelError]] = []
        for position, model in enumerate(self.models):
            has_begun = False
            alive()
            try:
                for piece in self._ask(model, request, _first_by(deadline, last=model is self.models[-1]), deadline):
                    has_begun = True
                    yield from _with_call(model, piece)
                return
            except ModelError as error:
                yield ModelCall(model.name, error.kind)
                if has_begun:
                    raise
                failures.append((model.name, error))
            if monotonic() >= deadline:
                failures += [(skipped.name, _no_time()) for skipped in self.models[position + 1 :]]
                break
        raise most_hopeful(failures)

    def _ask(self, model: Model, request: Request, first_by: float, deadline: float) -> Iterator[Piece]:
        if model.name == LOCAL:  # answers at once, without a provider: no thread, no guard, no LiteLLM
            yield from ask_local(request)
            return
        from agents.llm import litellm  # noqa: PLC0415 - takes seconds to import

        with self.guard(model.name), _out_of_time_is_a_model_error():
            yield from bounded(lambda: litellm.stream(model, request), first_by, deadline)


def _first_by(deadline: float, *, last: bool) -> float:
    """When the first piece must have come: a silent model leaves half of the remaining time to the models after it."""
    now = monotonic()
    return deadline if last else now + (deadline - now) / 2


@contextmanager
def _out_of_time_is_a_model_error() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise ModelTimeout("The model did not answer in time.") from None


def _with_call(model: Model, piece: Piece) -> Iterator[Piece | ModelCall]:
    """The piece. The last one names the model, and follows a ModelCall."""
    if not isinstance(piece, End):
        yield piece
        return
    if model.name != LOCAL:
        yield ModelCall(model.name)
    yield replace(piece, facts={"model": model.name, **piece.facts})


def _no_time() -> ModelError:
    return ModelTimeout("No time was left to ask it.")


def most_hopeful(failures: Sequence[tuple[str, ModelError]]) -> ModelError:
    """One error for all: retryable if any is, after the shortest time that a provider named. Its detail names each model and
    its kind of failure, but nothing that a provider wrote."""
    detail = "No model answered: " + ", ".join(f"{name} ({error.kind})" for name, error in failures) + "."
    retryable = [error for _, error in failures if not error.permanent]
    if not retryable:
        return type(failures[0][1])(detail, permanent=True)
    best = min(retryable, key=lambda error: float("inf") if error.retry_after is None else error.retry_after)
    return type(best)(detail, permanent=False, retry_after=best.retry_after)
