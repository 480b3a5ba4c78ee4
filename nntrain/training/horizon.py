"""What is told of a schedule: a change of limits moves its rates, or it leaves no rate to train with."""

from __future__ import annotations

from nntrain.builder import Built
from nntrain.builder.length import schedule_in_steps, total_steps
from nntrain.config import Config
from nntrain.files.plain_values import JsonObject

NOTHING = 1e-6  # a factor that changes no parameter any more


def vanishing(built: Built) -> str | None:
    """A warning where half of the training has next to no rate, as where γ of an epoch acts at every step."""
    horizon = total_steps(built.config, built.data)
    schedule = schedule_in_steps(built.config, built.data)
    if schedule.listens or (factor := schedule(horizon // 2, horizon, schedule.start())) >= NOTHING:
        return None
    return (
        f"the schedule {schedule.type} leaves {factor:.1g} of optimizer.lr at half of the training, "
        f"step {horizon // 2:,}: a length is in steps unless it says {{epochs: N}}, such as every: {{epochs: 1}}"
    )


def moved(before: JsonObject, built: Built, step: int) -> str | None:
    """A warning where the rates from this step on are not those of the run as it was declared before; else None.

    before   the config, as a checkpoint keeps it, under which the first `step` steps were trained
    """
    config = built.config
    old, new = total_steps(Config.from_dict(before), built.data), total_steps(config, built.data)
    schedule = schedule_in_steps(config, built.data)
    if step == 0 or old == new or not schedule.stretches or schedule.steps is not None:
        return None
    state = schedule.start()
    was, now = (schedule(min(step, horizon - 1), horizon, state) for horizon in (old, new))
    return (
        f"the schedule {schedule.type} is spread over the whole training, {old:,} steps before, {new:,} now: at step "
        f"{step:,} the rate goes from {was:.2g} to {now:.2g} of optimizer.lr (schedule.steps would keep the horizon)"
    )
