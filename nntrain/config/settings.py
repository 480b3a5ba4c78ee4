"""The `training` section of a config: how long, what is watched, and when state is saved."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import ClassVar, cast

from nntrain.components import Arg, Component, arg, find, frozen


@frozen
class EarlyStopping:
    """Stop when the monitored value has not improved for a while (C2W1L08)."""

    patience: int = arg("evaluations without improvement before the run stops", ge=1)
    min_delta: float = arg("a change of at most this much is no improvement", default=0.0, ge=0)


@frozen
class Evaluate:
    """How often the validation part is evaluated: by epochs or by steps.  Default: every epoch."""

    exclusive: ClassVar[bool] = True  # laid over another, a cadence replaces it

    epochs: int | None = arg("every so many epochs; 1 where steps is not given", default=None, ge=1)
    steps: int | None = arg("every so many steps", default=None, ge=1)

    def __post_init__(self) -> None:
        _one_of(self, epochs=1)


@frozen
class Checkpoint:
    """How often the state is saved: by seconds, epochs or steps; and always at the end and on a signal."""

    exclusive: ClassVar[bool] = True

    seconds: float | None = arg("every so many seconds; 10 where nothing else is given", default=None, ge=0)
    epochs: int | None = arg("every so many epochs", default=None, ge=1)
    steps: int | None = arg("every so many steps", default=None, ge=1)

    def __post_init__(self) -> None:
        _one_of(self, seconds=10.0)


@frozen
class Average:
    """θ̄ = v / (1 − βᵗ),  v ← β v + (1 − β) θ after every step: exponentially weighted, with bias correction (C2W2L05).

    The average is what is evaluated and what the best checkpoint holds; the training itself does not know of it.
    """

    decay: float = arg("share β of the average that stays at each step", gt=0, lt=1)


@frozen
class Start:
    """Where initial values come from, in place of random ones: parameters whose name and shape fit."""

    from_: Path = arg("a run directory, a checkpoint, or a file .safetensors or .npz of arrays")
    layers: tuple[str, ...] = arg("patterns of the parameters to take, or of layers; default: all", default=())
    map: dict[str, str] | None = arg(
        "new name: old name, of a parameter or of a layer, where they differ", default=None
    )


def _one_of(cadence: object, **default: float) -> None:
    """Exactly one field is given; none: the default."""
    given = [name for name, value in vars(cadence).items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"takes one of {', '.join(vars(cadence))}, got {' and '.join(given)}")
    if not given:
        vars(cadence).update(default)


class DeclaredLoop(Component):
    """What the config itself asks of a training loop.  nntrain.builder.loop.Loop is the whole contract.

    networks       names of the networks, where a config declares more than one
    one_optimizer  whether these learn under one optimizer; else a config declares one for each
    monitors       whether a value says which of two states is the better one, so that there is a best checkpoint
    adversarial    whether the loss is a game between the networks
    """

    kind: ClassVar[str] = "loop"
    networks: ClassVar[tuple[str, ...]] = ()
    one_optimizer: ClassVar[bool] = False
    monitors: ClassVar[bool] = True
    adversarial: ClassVar[bool] = False


def _supervised() -> DeclaredLoop:
    return cast("DeclaredLoop", find("loop")["supervised"]())


@frozen
class Training:
    """How long a run trains, what it watches, and when it saves.  `epochs` or `steps` is required."""

    epochs: int | None = arg("passes through the training part, at most", default=None, ge=1)
    steps: int | None = arg("steps of the optimizer, at most", default=None, ge=1)
    monitor: str | None = arg(
        "what early stopping, plateau and the best checkpoint watch: loss, cost (with KL and L1/L2 terms) or a listed "
        "metric of a part, as validation.loss, train.cost, validation.accuracy; default: validation.loss, "
        "validation.cost where layers add to the cost (sample_latent), of train without a validation part",
        default=None,
    )
    early_stopping: EarlyStopping | None = arg("stop when monitor no longer improves", default=None)
    micro_batches: int = arg(
        "each batch in so many consecutive parts, whose gradients add up: batches larger than memory, and parts for as "
        "many processes (mpiexec); batch_norm takes each part's statistics",
        default=1,
        ge=1,
    )
    clip_norm: float | None = arg("scale dθ down to this Euclidean norm where it is longer", default=None, gt=0)
    clip_value: float | None = arg("clip every element of dθ to [-c, c]", default=None, gt=0)
    l1: float = arg("λ of the term λ ‖W‖₁ of the cost", default=0.0, ge=0)
    l2: float = arg("λ of the term (λ/2) ‖W‖² of the cost", default=0.0, ge=0)
    average: Average | None = arg(
        "evaluate, and keep as the best, an exponential moving average of the parameters",
        default=None,
        listed=False,
    )
    evaluate: Evaluate = arg("how often the validation part is evaluated", default=Evaluate())
    checkpoint: Checkpoint = arg("how often the state is saved", default=Checkpoint())
    loop: DeclaredLoop = field(default_factory=_supervised, metadata={"arg": Arg("how the networks are trained")})

    def __post_init__(self) -> None:
        if self.epochs is None and self.steps is None:
            raise ValueError("needs epochs or steps: how long to train")
