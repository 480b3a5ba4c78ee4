"""What every loop does between the backward pass and the optimizer's step."""

from __future__ import annotations

from math import inf, isfinite

from nntrain.config.settings import Training
from nntrain.errors import DivergedError
from nntrain.model.network import Network
from nntrain.optimizers.gradient import clip_by_norm, clip_by_value, penalty


def complete_gradient(network: Network, training: Training, cost: float, step: int, whose: str = "") -> float:
    """Add the L1 and L2 terms to dθ and clip it, as the config says; the cost with these terms.

    `step` counts finished steps, `whose` names one of several networks.  Raises DivergedError, θ as it was, where the
    cost or dθ is not finite.
    """
    if training.l1 or training.l2:
        decayed = network.layout.decayed
        cost += penalty(network.theta[:decayed], training.l1, training.l2, network.dtheta[:decayed])
    if training.clip_value is not None:
        clip_by_value(network.dtheta, training.clip_value)
    length = clip_by_norm(network.dtheta, training.clip_norm or inf)
    if not (isfinite(cost) and isfinite(length)):
        owner = f"{whose}'s " if whose else ""
        what = f"the {owner}cost is {cost}" if not isfinite(cost) else f"the norm of the {owner}gradient is {length}"
        lr = f"optimizer.{whose}.lr" if whose else "optimizer.lr"
        raise DivergedError(f"diverged at step {step + 1}: {what}; lower {lr} or set training.clip_norm")
    return cost
