"""Which inputs a decision hangs on: the gradient of the chosen class's output by the input.

Simonyan, Vedaldi and Zisserman (2014), "Deep inside convolutional networks", arXiv:1312.6034.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nntrain.data.parts import Batch
from nntrain.inference.load import Loaded
from nntrain.messages import in_html
from nntrain.model.layer import Context
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.report import figures
from nntrain.report.findings import Findings

MOST_EXAMPLES = 10
MOST_SYMBOLS = 400
_SIDE = 64  # pixels of a picture, about


class Salient(NamedTuple):
    """|∂ z_c / ∂ x| of every input, like X or (T, m) of symbols; c the class that is decided, one an example."""

    amounts: Array
    decided: Array


def look(loaded: Loaded, batch: Batch) -> Salient | None:
    """The gradient for one batch; of symbols its length by each symbol's vector.  None where it cannot be had.

    One output an example is looked at: the largest, or of values the first.
    """
    (network,) = loaded.networks.values()
    layers, views, grads = network.layers, network.p.children, network.g.children
    of_symbols = loaded.facts.vocabulary is not None
    context = Context(training=False, seed=loaded.config.seed)
    context.lengths = batch.lengths
    X, caches = batch.X, []
    for layer, p in zip(layers, views, strict=True):
        X, cache = layer.forward(p, X, context)
        caches.append(cache)
        if context.lengths is not None:
            context.lengths = layer.output_lengths(context.lengths)
    if X.ndim != 2:
        return None  # an answer a step
    chosen = X.argmax(axis=0)
    dX = np.zeros_like(X)
    dX[chosen, np.arange(X.shape[-1])] = 1
    network.clear_gradient()
    first = 1 if of_symbols else 0
    for k in range(len(layers) - 1, first - 1, -1):
        dX = layers[k].backward(views[k], grads[k], dX, caches[k])
    amounts = np.sqrt(np.square(dX).sum(axis=1)) if of_symbols else np.abs(dX)
    return Salient(amounts, loaded.config.loss.decide(X))


def section(found: Findings) -> str:
    """Pictures beside their maps, or texts whose symbols are shaded; of other data nothing."""
    loaded = found.loaded
    if loaded is None or found.judged is None or found.judged.numbers is None or len(loaded.networks) != 1:
        return ""
    facts = loaded.facts
    of_images, of_texts = len(facts.input_shape) == 3, facts.text is not None
    if facts.target != "labels" or not (of_images or of_texts) or loaded.loop.translates:
        return ""
    with np.errstate(all="ignore"):
        batch = found.examined.batch(_in_turn(found))
        if of_texts and next(iter(loaded.networks.values())).layers[0].type != "embedding":
            return ""
        salient = look(loaded, batch)
    if salient is None:
        return ""
    said = (
        f"An example of each class of the {found.part} part. The stronger a place, the more the output of the class "
        "that is decided moves with it: |∂z/∂x|."
    )
    shown = _pictures(found, loaded, batch, salient) if of_images else _texts(found, loaded, batch, salient)
    return f"<h3>What decisions hang on</h3>{figures.soft(said)}{shown}"


def _in_turn(found: Findings) -> Array:
    """The first example of each class, by number, then the second of each, …"""
    judged = found.judged
    assert judged is not None
    assert judged.numbers is not None
    turn = np.zeros(len(judged.Y), np.int64)
    for label in np.unique(judged.Y):
        of_class = np.flatnonzero(label == judged.Y)
        turn[of_class] = np.arange(len(of_class))
    order = np.lexsort((judged.Y, turn))[:MOST_EXAMPLES]
    numbers: Array = judged.numbers[order]
    return numbers


def _pictures(found: Findings, loaded: Loaded, batch: Batch, salient: Salient) -> str:
    items = []
    for i in range(batch.size):
        heat = salient.amounts[..., i].max(axis=0)
        example = pixels.from_image(loaded.facts.example(batch.X[..., i]))
        if example.ndim == 2:
            example = np.repeat(example[..., None], 3, axis=2)
        both = pixels.side_by_side([example, pixels.heat(heat)], 2)
        truth, decided = found.labels[int(batch.Y[i])], found.labels[int(salient.decided[i])]
        about = f"is {truth}, said {decided}"
        shown = figures.image(both, f"an example and what its class hangs on: {about}", 2 * _SIDE)
        items.append(f"<li>{shown}<div>{in_html(about)}</div></li>")
    return f'<ul class="wrongs wide">{"".join(items)}</ul>'


def _texts(found: Findings, loaded: Loaded, batch: Batch, salient: Salient) -> str:
    vocabulary = loaded.facts.text
    assert vocabulary is not None
    items = []
    for i in range(batch.size):
        end = len(batch.X) if batch.lengths is None else int(batch.lengths[i])
        amounts = salient.amounts[: min(end, MOST_SYMBOLS), i]
        largest = float(amounts.max()) if amounts.size and amounts.max() > 0 else 1.0
        pieces, before = [], ""
        for t, amount in enumerate(amounts):
            symbol = vocabulary.symbols[int(batch.X[t, i])]
            shade = f"--share:{amount / largest:.0%}"
            pieces.append(f'{vocabulary.joint(before, symbol)}<span style="{shade}">{in_html(symbol)}</span>')
            before = symbol
        truth, decided = found.labels[int(batch.Y[i])], found.labels[int(salient.decided[i])]
        items.append(
            f'<li><p class="shaded">{"".join(pieces)}</p><div>is {in_html(truth)}, said {in_html(decided)}</div></li>'
        )
    return f'<ul class="texts">{"".join(items)}</ul>'
