"""New examples from the code of a variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

from __future__ import annotations

from nntrain.builder import Model
from nntrain.inference.samples import in_chunks
from nntrain.layers.latent import SampleLatent
from nntrain.model.layer import Context
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.runtime import streams


def code_layer(network: Network) -> int | None:
    """The number of the layer that draws the code; None where there is none."""
    return next((i for i, layer in enumerate(network.layers) if isinstance(layer, SampleLatent)), None)


def draw(model: Model, network: Network, count: int, seed: int) -> Array:
    """`count` examples (N, …) in the data's units: codes z from N(0, 1) through the layers behind sample_latent."""
    at = code_layer(network)
    assert at is not None
    shape = network.stages[at].output
    z = streams.stream(seed, streams.SAMPLE, streams.key("sample")).normal((*shape, count), network.dtype)

    def decode(X: Array) -> Array:
        for layer, p in zip(network.layers[at + 1 :], network.p.children[at + 1 :], strict=True):
            X = layer.apply(p, X, Context(training=False, seed=seed))
        values: Array = model.config.loss.predict(X)
        return values

    facts = model.facts
    return facts.inputs_in_units(in_chunks(decode, z).reshape(*facts.input_shape, count))
