"""Distinguishes a model that is not set up (no key, no address, a missing library, a closed account) from one that fails.

LiteLLM has no class for this: each provider's missing key is a different error, mostly a server failure or a broken
connection, and often with the actual cause chained to it (seen with 1.106).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

CLOSED = {400, 401, 402, 403, 404}  # statuses of a provider that refuses the caller: trying again changes nothing
NETWORK = {"httpx", "httpcore", "openai", "requests", "urllib3", "aiohttp", "socket", "ssl"}
# LiteLLM's texts about a missing setting. Only matched in errors that no provider can have written.
NAMES_A_SETTING = re.compile(r"(?i)\bapi[ _]?(key|base)\b|_API_(KEY|BASE)\b|credentials|\b(tenant|project) id|\bjwt\b")


def is_setup_fault(error: BaseException) -> bool:
    """True when the call could not begin, or the provider refuses us: trying again is useless."""
    causes = list(_causes(error))
    statuses = [status for cause in causes if (status := _status(cause)) is not None]
    # The innermost status is the provider's; LiteLLM may have put its own before it.
    if statuses and statuses[-1] in CLOSED:
        return True
    if any(_is_without_credentials(cause) for cause in causes):
        return True
    if any(_is_of_the_network(cause) for cause in causes):
        return False
    root = causes[-1]
    return isinstance(root, ImportError) or (_is_plain(root) and bool(NAMES_A_SETTING.search(str(root))))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and the chain of errors that it was raised from or while handling."""
    ids: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in ids:
        ids.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_without_credentials(error: BaseException) -> bool:
    """OpenAI's SDK raises the root of its tree only for this; every other fault has a class of its own."""
    return type(error).__name__ == "OpenAIError" and _library(error) == "openai"


def _is_of_the_network(error: BaseException) -> bool:
    return _library(error) in NETWORK or isinstance(error, OSError)


def _is_plain(error: BaseException) -> bool:
    """Whether LiteLLM's own checks raised it: a provider's text comes in a class of LiteLLM's with a status."""
    return type(error) in {ValueError, Exception, KeyError} or (_library(error) == "litellm" and _status(error) is None)


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _library(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]
