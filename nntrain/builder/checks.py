"""Every check before a run, in the order in which they are made.  Nothing is written before the last has passed.

The file and its schema come before all of them, as they need no data: nntrain.config.read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

import numpy as np

from nntrain.builder.loop import Built, Model
from nntrain.builder.target_counts import target_counts
from nntrain.components import Component, values
from nntrain.config import Config, Draft
from nntrain.data.facts import Facts
from nntrain.data.loader import batch_size
from nntrain.data.parts import NO_LABEL, Data
from nntrain.errors import ConfigError, DataError
from nntrain.losses.base import Loss
from nntrain.messages import did_you_mean, show
from nntrain.model.layer import Layer, ShapeError
from nntrain.model.network import Network
from nntrain.model.parameters import count, matches
from nntrain.runtime.memory import physical_memory


class Candidate:
    """What may become a run.  A check finds here what those before it have found, and adds its own."""

    draft: Draft
    data: Data
    config: Config
    facts: Facts
    networks: dict[str, Network]

    def __init__(self) -> None:
        self.networks = {}

    @property
    def model(self) -> Model:
        """As far as `layers_fit` has come: without memory for the parameters."""
        return Model(self.config, self.facts, self.networks)

    @property
    def built(self) -> Built:
        """The same as what a loop is given, once every check has passed."""
        return Built(self.config, self.facts, self.networks, self.data)

    def problem(self, component: Component | None, error: Exception) -> str:
        """The line of a message: where the component stands, which layer it is, and what is wrong."""
        what = f"{component.type}: " if isinstance(component, Layer) else ""
        return self.config.place(component).error(f"{what}{error}")


def data_load(run: Candidate) -> None:
    """The files are there, and hold what the dataset reads.  Raises DataError."""
    run.data = run.draft.dataset.load(run.draft.seed, np.dtype(run.draft.dtype))


def references_resolve(run: Candidate) -> None:
    """`$dataset.classes` and its like are facts of these data, and fit where they stand."""
    run.config, run.facts = run.draft.resolve(run.data.facts), run.data.facts


def targets_are_there(run: Candidate) -> None:
    """A training that learns from targets has some, and every label is one, or the loss passes over those that are not.
    Raises DataError."""
    check_targets_there(run.model, run.data)


def monitored_part_exists(run: Candidate) -> None:
    """training.monitor names a part that the dataset has."""
    training = run.config.training
    part, _, value = (training.monitor or "train").partition(".")
    if part != "train" and part not in run.data.parts:
        raise ConfigError(
            run.config.place(training).error(
                f"monitor: {training.monitor} needs a {part} part, and the dataset has none; "
                f"set dataset.validation or monitor train.{value}"
            )
        )


def loop_takes_parts(run: Candidate) -> None:
    """training.micro_batches is for loops whose trainer takes a batch in parts."""
    training = run.config.training
    if training.micro_batches > 1 and not run.model.loop.takes_parts:
        loop = training.loop.type
        text = f"micro_batches: the loop {loop} takes no batch in parts; leave it at 1"
        raise ConfigError(run.config.place(training).error(text))


def augmentations_fit(run: Candidate) -> None:
    """The training examples can be changed so."""
    for change in run.config.dataset.augment:
        try:
            change.declare(run.facts.input_shape)
        except ValueError as error:
            raise ConfigError(run.config.place(change).error(f"{change.type}: {error}")) from None


def a_batch_is_full(run: Candidate) -> None:
    """`drop_last` leaves something to train on."""
    train, settings = run.data.parts["train"], run.config.dataset
    if settings.drop_last and train.size < batch_size(train, settings):
        raise ConfigError(
            run.config.place(settings).error(
                f"drop_last: the training part has {train.size} examples, fewer than one batch of {settings.batch_size}"
            )
        )


def layers_fit(run: Candidate) -> None:
    """Every layer of every network takes the shape that comes in."""
    run.networks, problems = {}, []
    try:
        plans = run.model.loop.plan(run.config, run.facts)
    except ShapeError as error:
        raise ConfigError(run.problem(error.layer, error)) from None
    for name, plan in plans.items():
        try:
            freeze = run.config.freeze
            run.networks[name] = Network(plan.root, plan.input_shape, prefix=plan.prefix, freeze=freeze)
        except ShapeError as error:
            problems.append(run.problem(error.layer, error))
    if problems:
        raise ConfigError(*problems)


def patterns_fit(run: Candidate) -> None:
    """What is frozen, or in a group of the optimizer, is there; something is left to learn; groups have what they set.

    A pattern that fits nothing is a slip of the pen, and would train what was not to be trained.
    """
    config, problems = run.config, []
    names = [name for network in run.networks.values() for name in network.layout.names]
    for pattern in config.freeze:
        if not any(matches(name, [pattern]) for name in names):
            problems.append(config.place(None).error(f"freeze: {no_parameter(pattern, names)}"))
    if config.freeze and not any(network.layout.trainable for network in run.networks.values()):
        problems.append(config.place(None).error("freeze: nothing is left to learn; leave the last layers out"))
    learners = [(config.optimizer_of(name), [*network.layout.names]) for name, network in run.networks.items()]
    for optimizer, own in learners if isinstance(config.optimizer, dict) else [(learners[0][0], names)]:
        for pattern, group in (optimizer.groups or {}).items():
            if not any(matches(name, [pattern]) for name in own):
                problems.append(config.place(optimizer).error(f"groups: {no_parameter(pattern, own)}"))
            elif group.weight_decay is not None and "weight_decay" not in values(optimizer):
                problems.append(config.place(optimizer).error(f"groups: {optimizer.type} has no weight_decay"))
    if problems:
        raise ConfigError(*problems)


def no_parameter(pattern: str, names: Sequence[str]) -> str:
    """What to say of a pattern that fits none of these names."""
    layers = dict.fromkeys(name.rpartition(".")[0] for name in names)
    return f"no parameter is called {show(pattern)}{did_you_mean(pattern, [*layers, *names])}"


def outputs_fit(run: Candidate) -> None:
    """Loss and metrics take what the networks give, and the data have what they compare it with."""
    try:
        run.model.loop.check(run.model)
    except ShapeError as error:
        raise ConfigError(run.problem(error.layer or run.config.loss, error)) from None


def targets_fit(run: Candidate) -> None:
    """Outputs and targets are both one an example, or both one a step."""
    run.model.loop.check_targets(run.built)


def loss_is_resolved(run: Candidate) -> None:
    """What the loss takes from the data, such as `class_weights: balanced`, has become numbers: they stand in the run's
    config, so that resume and eval have the same."""
    loss: Loss = run.config.loss
    resolved = loss.resolved(run.facts, lambda: target_counts(run.data.parts["train"], run.facts))
    if resolved != loss:
        run.config = run.config.with_loss(resolved)


def memory_suffices(run: Candidate) -> None:
    """θ, dθ, optimizer state and the best so far have room: refused before the machine begins to swap."""
    size = sum(network.layout.size for network in run.networks.values())
    needed = 6 * np.dtype(run.config.dtype).itemsize * size
    if needed > (available := physical_memory()):
        message = (
            f"{size:,} parameters need about {needed / 2**30:,.0f} GiB to train; "
            f"this machine has {available / 2**30:,.0f} GiB"
        )
        raise ConfigError(run.problem(_largest_layer(run.networks), ValueError(message)))


Check = Callable[[Candidate], None]
CHECKS: tuple[Check, ...] = (
    data_load,
    references_resolve,
    targets_are_there,
    monitored_part_exists,
    augmentations_fit,
    a_batch_is_full,
    layers_fit,
    loop_takes_parts,
    patterns_fit,
    outputs_fit,
    targets_fit,
    loss_is_resolved,
    memory_suffices,
)
# Of a checkpoint, which brings its config and the facts of its data.
WITHOUT_DATA: tuple[Check, ...] = (layers_fit, patterns_fit, outputs_fit, memory_suffices)


def check_targets_there(model: Model, data: Data) -> None:
    """Raise DataError where the data lack targets that the model's loop learns from, or is measured by."""
    if not model.loop.needs_targets:
        return
    if data.no_targets:
        raise DataError(f"{data.no_targets}; reconstruct: true takes the inputs")
    if data.unlabelled and model.config.loss.ignored(model.facts) != NO_LABEL:
        raise DataError(
            f"{data.unlabelled}: error: label {NO_LABEL}, expected 0 or more; if it is none, say ignore: {NO_LABEL} in "
            "the loss"
        )


def check_outputs(network: Network, loss: Loss, facts: Facts) -> None:
    """Raise ShapeError where the network's outputs are none that the loss takes: their shape, an activation that the
    loss applies itself, numbers that it is not defined for."""
    last = network.root.last
    if last.type == loss.applies:
        raise ShapeError(f"{loss.type} applies {last.type} itself; remove this layer", last)
    loss.declare(network.output_shape, facts)
    try:
        loss.check_bounds(network.root.bounded((-inf, inf)))
    except ShapeError as error:
        error.layer = error.layer or last
        raise


def _largest_layer(networks: dict[str, Network]) -> Layer:
    """The layer with the most parameters."""
    sizes = [
        (count(stage.tree), layer)
        for network in networks.values()
        for layer, stage in zip(network.layers, network.stages, strict=True)
    ]
    return max(sizes, key=lambda sized: sized[0])[1]
