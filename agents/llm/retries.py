"""How often a message is tried again after no model answered it, by the class of the failure."""

from __future__ import annotations

from models.due.retries import ONCE, Policies, Policy
from models.errors import (
    ModelMisconfigured,
    ModelPaused,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
)

RETRIES: Policies = {
    ModelTimeout: Policy(3, 2),
    ModelRateLimited: Policy(5, 2),
    ModelUnavailable: Policy(4, 1),
    ModelRefused: ONCE,
    ModelMisconfigured: ONCE,
    ModelPaused: ONCE,  # expired
    Exception: Policy(3, 1),  # a fault of our own, which a deployment may fix
}
