"""What convolutions look for, and what they find in an example; of a network without any, the image that each class is.

Weights of dense layers behind others are left out: their order says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nntrain.inference.layer_output import layer_output
from nntrain.inference.load import Loaded
from nntrain.layers.convolution import Conv2d
from nntrain.messages import in_html
from nntrain.model.layer import Layer, layer_names
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.report import figures
from nntrain.report.findings import Few, Findings

MOST_FILTERS, MOST_EXAMPLES = 32, 3
_SIDE, _MAP = 320, 40  # pixels of the picture of all filters, and of a map, about


def section(found: Findings) -> str:
    """The first convolution's filters and the maps of a few examples."""
    if found.loaded is None:
        return ""
    loaded = found.loaded
    network = loaded.loop.input_network(loaded.networks)
    if len(network.input_shape) != 3:
        return ""
    arrays = network.layout.arrays(network.theta)
    first = next(_convolutions(network.layers), None)
    if first is None:
        return _templates(found, loaded, {name: array for name, array in arrays.items() if name.endswith(".W")})
    name = first
    W = arrays.get(f"{network.prefix + '.' if network.prefix else ''}{name}.W")
    if W is None or W.ndim != 4:
        return ""
    parts = []
    if min(W.shape[2:]) > 1:
        parts.append(_filters(f"{name}.W", np.array(W)))
    if found.data is not None and len(loaded.networks) == 1 and found.judged is not None:
        parts.append(_maps(found, loaded, name))
    shown = "".join(parts)
    return f'<h3>Convolution {in_html(name)}</h3><div class="pair">{shown}</div>' if shown else ""


def _convolutions(layers: Sequence[Layer], before: str = "") -> Iterator[str]:
    for name, layer in zip(layer_names(layers), layers, strict=False):
        if isinstance(layer, Conv2d):
            yield before + name
        elif layer.inner:
            yield from _convolutions(layer.inner, f"{before}{name}.")


def _filters(name: str, W: Array) -> str:
    """Of three channels in colour; else a tile a filter and channel, blue below 0, red above."""
    if W.shape[1] == 3:
        shown = W[:MOST_FILTERS]
        largest = abs(shown).max(axis=(1, 2, 3), keepdims=True) + 1e-12
        picture = pixels.grid(shown / largest / 2 + 0.5)
        about = f"{len(shown)} filters in colour, each from its lowest to its highest weight"
    else:
        tiles = W.reshape(-1, *W.shape[2:])[:MOST_FILTERS]
        picture = pixels.signed_grid(tiles)
        about = f"{len(tiles)} filters: blue below 0, red above"
    return figures.captioned(f"{name}: {about}", figures.image(picture, f"{name}: {about}", _SIDE))


def _maps(found: Findings, loaded: Loaded, name: str) -> str:
    """What each filter gives to a few examples: a row an example, which stands first."""
    few = Few(found.examined, np.arange(min(found.examined.size, MOST_EXAMPLES)))
    with np.errstate(all="ignore"):
        A = layer_output(loaded, few, name)[:, :MOST_FILTERS]  # (N, filters, H, W)
        X = loaded.facts.inputs_in_units(few.batch(np.arange(few.size)).X)
    rows = []
    for maps, x in zip(A, X, strict=True):
        H, W = maps.shape[1:]
        tile = pixels.from_image(x)[:H, :W]
        example = np.zeros((H, W, 3), np.uint8)
        example[: tile.shape[0], : tile.shape[1]] = tile if tile.ndim == 3 else tile[..., None]
        rows += [example, *(pixels.signed(one) for one in maps[:15])]
    columns = len(rows) // len(A)
    times = max(1, round(_MAP / A.shape[-1]))
    grid = pixels.side_by_side([row.repeat(times, axis=0).repeat(times, axis=1) for row in rows], columns)
    about = f"what the first {columns - 1} filters give to {len(A)} examples of the {found.part} part, each scaled"
    return figures.captioned(about, figures.image(grid, about))


def _templates(found: Findings, loaded: Loaded, weights: dict[str, Array]) -> str:
    """Of softmax regression on images: what of each pixel speaks for a class."""
    shape = loaded.facts.input_shape
    if len(weights) != 1:
        return ""
    ((name, W),) = weights.items()
    if W.ndim != 2 or W.shape[1] != np.prod(shape) or len(W) > MOST_FILTERS or shape[0] != 1:
        return ""
    about = f"{len(W)} outputs: what of each pixel speaks for it (red) or against it (blue)"
    picture = pixels.signed_grid(W.reshape(-1, *shape[1:]))
    return f"<h3>Weights {in_html(name)}</h3>{figures.captioned(about, figures.image(picture, about, _SIDE))}"
