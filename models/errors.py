"""What can go wrong, as one tree. Each error says what a person can do, and whether trying again helps.

SwitchboardError
├── Malformed            400  the request is not JSON, or is incomplete
├── Invalid              422  a field and the reason
├── Unauthenticated      401  no token, or one that is not valid (any more)
├── Forbidden            403  the caller is known but not allowed
├── NotFound             404  it does not exist or is another user's: same response
├── Conflict             409  the state has moved on
├── TooMany              429  a limit, with the seconds to wait
└── Unavailable          503  come back in `retry_after` seconds
    ├── RedisAway
    ├── DatabaseAway
    ├── LedgerFull
    └── ModelError       a language model gave no answer
        ├── ModelTimeout
        ├── ModelRateLimited
        ├── ModelUnavailable
        ├── ModelRefused
        ├── ModelMisconfigured
        └── ModelPaused
"""

from math import ceil

USED_BEFORE = "has already been used with a different body"  # of an idempotency key


class SwitchboardError(Exception):
    """The root of all errors. `detail` is shown to the caller, so it never holds input or secrets."""

    status = 500
    slug = "internal-error"  # the error's type for programs; docs/problems.md explains each
    title = "Internal error"
    permanent = True
    retry_after: float | None = None

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class Malformed(SwitchboardError):
    """The request cannot be read."""

    status = 400
    slug = "malformed-request"
    title = "Malformed request"

    def __init__(self) -> None:
        super().__init__("The request is malformed.")


class Invalid(SwitchboardError):
    """The request is well formed, but a field has a value that is not allowed."""

    status = 422
    slug = "invalid"
    title = "Invalid input"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Unauthenticated(SwitchboardError):
    status = 401
    slug = "unauthenticated"
    title = "Authentication required"


class Forbidden(SwitchboardError):
    status = 403
    slug = "forbidden"
    title = "Not allowed"


class NotFound(SwitchboardError):
    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(SwitchboardError):
    status = 409
    slug = "conflict"
    title = "Conflict"


class TooMany(SwitchboardError):
    """A limit was reached. `limit` names it, `retry_after` counts seconds."""

    status = 429
    slug = "too-many-requests"
    title = "Too many requests"
    permanent = False

    def __init__(self, limit: str, retry_after: float) -> None:
        super().__init__(f"The limit “{limit}” is used up. Try again in {max(1, ceil(retry_after))} s.")
        self.limit = limit
        self.retry_after = retry_after


class Unavailable(SwitchboardError):
    status = 503
    slug = "unavailable"
    title = "Temporarily unavailable"
    permanent = False
    retry_after: float | None = 2.0


class RedisAway(Unavailable):
    slug = "redis-away"
    title = "The message ledger (Redis) cannot be reached"


class DatabaseAway(Unavailable):
    slug = "database-away"
    title = "The database cannot be reached"
    retry_after = 5.0


class LedgerFull(Unavailable):
    slug = "ledger-full"
    title = "Too many messages are waiting to be stored"
    retry_after = 10.0


class ModelError(Unavailable):
    """No model answered. `kind` names the class in traces and metrics.

    `permanent`: trying again cannot help. `retry_after`: seconds, when the provider named a time.
    """

    slug = "model-error"
    title = "The language model did not answer"
    kind = "error"
    retry_after = None

    def __init__(self, detail: str = "", *, permanent: bool | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.permanent = type(self).permanent if permanent is None else permanent
        self.retry_after = retry_after


class ModelTimeout(ModelError):
    """The model did not answer in time."""

    kind = "timeout"


class ModelRateLimited(ModelError):
    """The provider refuses calls for a while."""

    kind = "rate_limited"


class ModelUnavailable(ModelError):
    """The provider failed, or its response was incomplete."""

    kind = "unavailable"


class ModelRefused(ModelError):
    """The provider refuses to answer this content."""

    kind = "refused"


class ModelMisconfigured(ModelError):
    """A key, an address or the model's name is wrong."""

    kind = "misconfigured"
    permanent = True


class ModelPaused(ModelError):
    """The model's breaker is open: it was not called."""

    kind = "paused"
