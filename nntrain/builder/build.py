"""Config -> data and networks.  Everything is checked here, in this order, before anything is written:
the file and its schema, then the data, then references and shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nntrain.builder.loop import Built
from nntrain.config import Config, Draft
from nntrain.data.facts import Facts
from nntrain.data.loader import batch_size
from nntrain.data.parts import Data
from nntrain.errors import ConfigError
from nntrain.layers.containers import Sequential
from nntrain.model.layer import Layer, ShapeError
from nntrain.model.network import Network
from nntrain.model.parameters import Layout
from nntrain.runtime.memory import physical_memory


def build(draft: Draft) -> Built:
    """Load the data, resolve the config against them, build and initialise the networks.

    Raises ConfigError or DataError with every problem found.
    """
    data = draft.dataset.load(draft.seed, np.dtype(draft.dtype))
    config = draft.resolve(data.facts)
    _check_parts(config, data)
    built = Built(config, data.facts, build_networks(config, data.facts), data)
    config.training.loop.check_targets(built)
    return built


def build_networks(config: Config, facts: Facts, *, draw: bool = True) -> dict[str, Network]:
    """The networks of a config, from it and the facts alone: a checkpoint brings both.

    draw   with initial values; else all parameters are 0, as those of a checkpoint take their place
    """
    loop: Any = config.training.loop
    architecture = config.architecture if isinstance(config.architecture, dict) else {"": config.architecture}
    networks = {}
    problems = []
    for name, input_shape in loop.input_shapes(facts).items():
        try:
            networks[name] = Network(Sequential(architecture[name]), input_shape, prefix=name)
        except ShapeError as error:
            problems.append(_at(config, error.layer, error))
    if not problems:
        try:
            loop.check(networks, config, facts)
        except ShapeError as error:
            problems.append(_at(config, error.layer or config.loss, error))
    if problems:
        raise ConfigError(*problems)
    _check_memory(config, networks)
    for network in networks.values():
        network.allocate(config.dtype)
        if draw:
            network.draw(config.seed)
    return networks


def _at(config: Config, component: Any, error: Exception) -> str:
    place = config.place(component)
    what = f"{component.type}: " if isinstance(component, Layer) else ""
    return place.error(f"{what}{error}")


def _check_parts(config: Config, data: Data) -> None:
    part, _, value = (config.training.monitor or "train").partition(".")
    if part != "train" and part not in data.parts:
        raise ConfigError(
            config.place(config.training).error(
                f"monitor: {config.training.monitor} needs a {part} part, and the dataset has none; "
                f"set dataset.validation or monitor train.{value}"
            )
        )
    train, settings = data.parts["train"], config.dataset
    for change in settings.augment:
        try:
            change.declare(data.facts.input_shape)
        except ValueError as error:
            raise ConfigError(config.place(change).error(f"{change.type}: {error}")) from None
    if settings.drop_last and train.size < batch_size(train, settings):
        raise ConfigError(
            config.place(settings).error(
                f"drop_last: the training part has {train.size} examples, fewer than one batch of {settings.batch_size}"
            )
        )


def _check_memory(config: Config, networks: dict[str, Network]) -> None:
    """Refuse what cannot fit, before the machine begins to swap: θ, dθ, optimizer state and the best so far."""
    count = sum(n.layout.size for n in networks.values())
    needed = 6 * np.dtype(config.dtype).itemsize * count
    if needed > (available := physical_memory()):
        message = (
            f"{count:,} parameters need about {needed / 2**30:,.0f} GiB to train; "
            f"this machine has {available / 2**30:,.0f} GiB"
        )
        raise ConfigError(_at(config, max(_layer_sizes(networks), key=lambda sized: sized[0])[1], ValueError(message)))


def _layer_sizes(networks: dict[str, Network]) -> list[tuple[int, Layer]]:
    """Parameters of every layer of the networks."""
    sizes = []
    for network in networks.values():
        shape = network.input_shape
        for layer in network.layers:
            shape, tree = layer.declare(shape)
            sizes.append((Layout(tree).size, layer))
    return sizes
