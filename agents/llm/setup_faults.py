"""Tells a model that is not set up (no key, no address, a missing library, a closed account) from one that fails.

LiteLLM has no class for it: each provider's lack of a key comes as an error of its own, mostly as a server's failure or a
broken connection, and often with the cause behind it (seen with 1.106).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

CLOSED = {400, 401, 402, 403, 404}  # what a provider answers whoever it does not let in; asking again changes nothing
NETWORK = {"httpx", "httpcore", "openai", "requests", "urllib3", "aiohttp", "socket", "ssl"}
# What LiteLLM writes when it looks for a setting in vain. Only read in errors that no provider can have written.
NAMES_A_SETTING = re.compile(r"(?i)\bapi[ _]?(key|base)\b|_API_(KEY|BASE)\b|credentials|\b(tenant|project) id|\bjwt\b")


def is_setup_fault(error: BaseException) -> bool:
    """True when the call could not begin, or the provider lets us not in: trying again is no use."""
    behind = list(_behind(error))
    statuses = [status for each in behind if (status := _status(each)) is not None]
    if (
        statuses and statuses[-1] in CLOSED
    ):  # the innermost one is the provider's; LiteLLM may have put its own before it
        return True
    if any(_is_without_credentials(each) for each in behind):
        return True
    if any(_is_of_the_network(each) for each in behind):
        return False
    root = behind[-1]
    return isinstance(root, ImportError) or (_is_plain(root) and bool(NAMES_A_SETTING.search(str(root))))


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error, and what each was raised from or while handling."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_without_credentials(error: BaseException) -> bool:
    """OpenAI's SDK raises the root of its tree for this alone; every other fault has a class of its own."""
    return type(error).__name__ == "OpenAIError" and _library(error) == "openai"


def _is_of_the_network(error: BaseException) -> bool:
    return _library(error) in NETWORK or isinstance(error, OSError)


def _is_plain(error: BaseException) -> bool:
    """Raised by LiteLLM's own checks: what a provider writes comes in a class of LiteLLM's, with a status."""
    return type(error) in {ValueError, Exception, KeyError} or (_library(error) == "litellm" and _status(error) is None)


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _library(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]
