"""What one layer of a network gives: the code of an autoencoder, the features before the last layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nntrain import config as configs
from nntrain.builder import Model
from nntrain.data.loader import evaluation_batches
from nntrain.data.parts import Part
from nntrain.data.source_files import Source
from nntrain.errors import ConfigError
from nntrain.inference.load import Loaded
from nntrain.inference.prediction import Predictions
from nntrain.layers.containers import Chain
from nntrain.messages import Warn, join, show, suggest, unheard
from nntrain.model.layer import Context, Layer, layer_names
from nntrain.model.network import Network
from nntrain.model.shapes import Array, show_shape
from nntrain.model.views import Views


def layer_output(model: Model, part: Part, name: str) -> Array:
    """What the layer of this name gives to the examples of a part, (N, …).

    Of a layer inside a container: residual_1.conv2d_1; of one of several networks, which has to take the data's
    examples: discriminator.dense_1.  Raises ConfigError for a name that is none.
    """
    network, name = _network(model, name)
    found = []
    for batch in evaluation_batches(part, model.config.part_size):
        context = Context(training=False, seed=model.config.seed)
        context.lengths = batch.lengths
        found.append(_walk(network.layers, network.p, name, batch.X, context))
    return np.ascontiguousarray(np.moveaxis(np.concatenate(found, axis=-1), -1, 0))


def _network(model: Model, name: str) -> tuple[Network, str]:
    """The network that has the layer, and what the layer is called there."""
    if len(model.networks) == 1:
        return next(iter(model.networks.values())), name
    shape = model.facts.shape
    fitting = {
        own: network
        for own, network in model.networks.items()
        if network.input_shape == shape and not network.root.reads_source
    }
    head, _, rest = name.partition(".")
    if head in fitting and rest:
        return fitting[head], rest
    there = [f"{own}.{layer_names(network.layers)[0]}" for own, network in fitting.items()]
    such = f"; name a layer of one that takes them, such as {there[0]}" if there else ""
    raise ConfigError(
        f"layer: {show(name)} is no layer that takes examples of the data, {show_shape(shape)}; this model has the "
        f"networks {join(model.networks, 'and')}{such}"
    )


def layer_table(
    loaded: Loaded, sources: Sequence[Source], name: str, overrides: Sequence[str] = (), warn: Warn = unheard
) -> Predictions:
    """What the layer gives to the examples in files, a row each: `code`, or code_0, code_1, …"""
    dataset = configs.dataset_with(loaded.config, overrides)
    found = []
    for source in sources:
        part = dataset.read_inputs(source, loaded.facts, np.dtype(loaded.config.dtype))
        for text in part.told():
            warn(text)
        with np.errstate(all="ignore"):
            found.append(layer_output(loaded, part, name))
    rows = np.concatenate([A.reshape(len(A), -1) for A in found])
    last = name.rpartition(".")[2]
    return Predictions([last] if rows.shape[1] == 1 else [f"{last}_{i}" for i in range(rows.shape[1])], rows)


def _walk(layers: Sequence[Layer], p: Views, name: str, X: Array, context: Context) -> Array:
    """Layer after layer up to the one that is asked for, or that holds it."""
    names = layer_names(layers)
    head = next((one for one in names if name == one or name.startswith(f"{one}.")), None)
    if head is None:
        raise ConfigError(f"layer: there is no {show(name)}{suggest(name, names)}")
    for own, layer, views in zip(names, layers, p.children, strict=False):
        if own == head and name != head:
            if not isinstance(layer, Chain):
                raise ConfigError(f"layer: {head} holds no layers one after another; give {show(head)} itself")
            return _walk(layer.chain, views, name[len(head) + 1 :], X, context)
        X = layer.apply(views, X, context)
        if own == head:
            break
        if context.lengths is not None:
            context.lengths = layer.output_lengths(context.lengths)
    return X
