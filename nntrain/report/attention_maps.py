"""What each head of attention looks at in one example."""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Data
from nntrain.inference.load import Loaded
from nntrain.messages import in_html
from nntrain.model.layer import Context, State
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.report import figures

MOST_LAYERS, MOST_STEPS = 16, 128
_SIDE = 160  # pixels of a map, about


class Map(NamedTuple):
    """The weights of a layer, (h, T, T_k): each row is a query's, and sums up to 1."""

    layer: str
    weights: Array


class Maps(NamedTuple):
    """Those of one example, a part's first; `text`: what it is, where it is one."""

    part: str
    text: str
    layers: list[Map]


def look(loaded: Loaded, data: Data | None = None) -> Maps | None:
    """Where the layers of attention look in the first example of the last part; None where there are none.

    data   of the checkpoint's config, where they have been loaded
    """
    if not loaded.loop.predicts and not loaded.loop.translates:
        return None
    if not any(".W_q" in name for network in loaded.networks.values() for name in network.layout.names):
        return None
    config, facts = loaded.config, loaded.facts
    with np.errstate(all="ignore"):
        data = data or config.dataset.load(config.seed, np.dtype(config.dtype), facts)
        part = list(data.parts)[-1]
        batch = data.parts[part].batch(np.arange(1))
        context, attended = Context(training=False, seed=config.seed), State()
        context.lengths = batch.lengths
        context.attended = attended
        loaded.loop.apply(loaded.networks, batch, context)
    shown = list(attended.items())[:MOST_LAYERS]
    found = [Map(path, P[:, 0].swapaxes(1, 2)[:, :MOST_STEPS, :MOST_STEPS]) for path, (P,) in shown]
    return Maps(part, _text(facts, batch), found)


def _text(facts: Facts, batch: Batch) -> str:
    return "" if facts.text is None else facts.text.text(batch.X[:, 0])


def section(maps: Maps | None) -> str:
    """A picture a layer, a tile a head."""
    if maps is None or not maps.layers:
        return ""
    said = (
        f"Example 0 of the {maps.part} part. A tile is a head; its rows are the steps that ask, its columns those that "
        "are looked at."
    )
    text = f'<pre tabindex="0">{in_html(maps.text)}</pre>' if maps.text else ""
    items = []
    for layer, weights in maps.layers:
        image = pixels.signed_grid(weights / weights.max(axis=(1, 2), keepdims=True).clip(1e-12))
        about = f"{layer}: what each of {len(weights)} heads looks at"
        shown = figures.image(image, about, _SIDE * ceil(sqrt(len(weights))))
        items.append(figures.captioned(f"{layer}, {len(weights)} heads", shown))
    return f'<h3>Attention</h3>{figures.soft(said)}{text}<div class="samples exactly">{"".join(items)}</div>'
