"""What a generator draws, and pictures of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nntrain.data.facts import Facts
from nntrain.errors import ConfigError
from nntrain.files.storage import naming, write_atomic
from nntrain.layers.latent import SampleLatent
from nntrain.model.layer import Context
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.pictures import png
from nntrain.pictures.examples import has_picture, picture
from nntrain.runtime import streams

if TYPE_CHECKING:
    from nntrain.inference.load import Loaded

_CHUNK = 256  # examples that are drawn at a time


class Adversarial(Protocol):
    """What drawing asks of a loop that trains a generator: the size of its noise, and whether it draws by class."""

    @property
    def latent(self) -> int: ...

    @property
    def conditional(self) -> bool: ...


def with_labels(X: Array, labels: Array, classes: int) -> Array:
    """X with the labels (m,), one-hot, as further features; of images (C, H, W, m) as constant channels."""
    Y = np.arange(classes)[:, None] == labels
    if X.ndim == 4:
        Y = np.broadcast_to(Y[:, None, None], (classes, *X.shape[1:]))
    return np.concatenate([X, Y.astype(X.dtype)])


def draw(generator: Network, loop: Adversarial, facts: Facts, count: int, seed: int, purpose: str) -> Array:
    """`count` examples (N, …), examples first and in the data's units: images in 0 … 1, standardization undone.

    The noise depends on seed and purpose.  A conditional generator draws the classes in turn: example i of class
    i mod K.
    """
    z = streams.stream(seed, streams.SAMPLE, streams.key(purpose)).normal((loop.latent, count), generator.dtype)
    if loop.conditional:
        z = with_labels(z, np.arange(count) % (facts.classes or 1), facts.classes or 1)
    return facts.inputs_in_units(_by_chunks(lambda part: generator.apply(part, Context(training=False, seed=seed)), z))


def draw_from_code(network: Network, loss: Any, facts: Facts, count: int, seed: int) -> Array:
    """`count` examples of a variational autoencoder: codes z from N(0, 1) through the layers behind sample_latent."""
    at = _code(network)
    shape = network.input_shape
    for layer in network.layers[: at + 1]:
        shape, _ = layer.declare(shape)
    z = streams.stream(seed, streams.SAMPLE, streams.key("sample")).normal((*shape, count), network.dtype)

    def decode(X: Array) -> Array:
        for layer, p in zip(network.layers[at + 1 :], network.p.children[at + 1 :], strict=True):
            X = layer.apply(p, X, Context(training=False, seed=seed))
        return loss.predict(X)

    return facts.inputs_in_units(_by_chunks(decode, z).reshape(*facts.input_shape, count))


def _by_chunks(function: Callable[[Array], Array], z: Array) -> Array:
    starts = range(0, z.shape[-1], _CHUNK)
    return np.concatenate([function(np.ascontiguousarray(z[..., i : i + _CHUNK])) for i in starts], axis=-1)


def _code(network: Network) -> int:
    """Where the latent layer stands; -1 where there is none."""
    return next((i for i, layer in enumerate(network.layers) if isinstance(layer, SampleLatent)), -1)


def sample(loaded: Loaded, count: int, output: Path, seed: int | None = None) -> None:
    """Draw from the GAN or the variational autoencoder of a checkpoint into a picture (.png) or an array (.npy).

    Raises ConfigError for another suffix, and for examples that make no picture.
    """
    loop, facts = loaded.config.training.loop, loaded.facts
    if output.suffix not in (".png", ".npy"):
        raise ConfigError(f"--output {output}: .png or .npy, not {output.suffix or 'a name without a suffix'}")
    with np.errstate(all="ignore"):
        X = _drawn(loaded, count, loaded.config.seed if seed is None else seed)
    if output.suffix == ".npy":
        write_array(output, X)
    elif has_picture(facts.input_shape):
        png.write(output, picture(X, _columns(loop, facts, count)))
    else:
        raise ConfigError(f"--output {output}: pictures are of grey or RGB images and of points; take .npy")


def draws(loaded: Loaded) -> bool:
    """Whether examples can be drawn: from a GAN or a variational autoencoder."""
    networks = loaded.networks
    return "generator" in networks or (loaded.config.dataset.reconstruct and _code(networks[""]) >= 0)


def _drawn(loaded: Loaded, count: int, seed: int) -> Array:
    networks, config = loaded.networks, loaded.config
    if "generator" in networks:
        return draw(networks["generator"], config.training.loop, loaded.facts, count, seed, "sample")
    return draw_from_code(networks[""], config.loss, loaded.facts, count, seed)


def leave_sample(folder: Path, name: str, X: Array, loop: Adversarial, facts: Facts, real: Array) -> None:
    """A picture of drawn examples, or where they make none their array, in a folder that is made if need be.

    real   some of the data's examples in their units: they lie behind drawn points
    """
    with naming(folder, "cannot be made"):
        folder.mkdir(exist_ok=True)
    if has_picture(facts.input_shape):
        png.write(folder / f"{name}.png", picture(X, _columns(loop, facts, len(X)), real))
    else:
        write_array(folder / f"{name}.npy", X)


def write_array(path: Path, X: Array) -> None:
    """A .npy file, whole or not at all."""
    content = io.BytesIO()
    np.save(content, X, allow_pickle=False)
    write_atomic(path, [content.getvalue()], durable=False)


def _columns(loop: Adversarial, facts: Facts, count: int) -> int:
    """A column a class where classes are drawn in turn, else a square."""
    return min(count, facts.classes or 1) if getattr(loop, "conditional", False) else ceil(sqrt(count))
