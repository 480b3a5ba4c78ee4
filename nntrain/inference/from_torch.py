"""Parameters of a file that PyTorch wrote, as those of our layers: other names, other shapes, gates in another order.

`nntrain export --names torch` writes what this reads; nntrain/docs/export.md has the table of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from nntrain.model.layer import Layer, named
from nntrain.model.network import Network
from nntrain.model.shapes import Array

Arrays = Mapping[str, Array]
Convert = Callable[[Array], Array]

# which of our gates is PyTorch's first, second, …; taken twice it gives back what there was
GATES = {"rnn": (0,), "gru": (0, 1, 2), "lstm": (0, 1, 3, 2)}
_NORM = {"gamma": "weight", "beta": "bias"}
_NAMES: dict[str, dict[str, str]] = {
    "batch_norm": {**_NORM, "mean": "running_mean", "variance": "running_var"},
    "layer_norm": _NORM,
    "rms_norm": _NORM,
    "attention": {
        **{f"W_{part}": "in_proj_weight" for part in "qkv"},
        **{f"b_{part}": "in_proj_bias" for part in "qkv"},
        "W_o": "out_proj.weight",
        "b_o": "out_proj.bias",
    },
    "position": {},
    "class_token": {},
}
_WEIGHTS = {"W": "weight", "b": "bias"}
_CELLS = {"W": "weight_ih_l0", "U": "weight_hh_l0", "b": "bias_ih_l0", "b_u": "bias_hh_l0"}
IGNORED = "num_batches_tracked"


def by_type(network: Network) -> dict[str, str]:
    """The type of every layer, by the place of it in saved names."""
    return dict(_types(network.root, network.prefix))


def found(there: Arrays, kind: str, own: str, old: str) -> tuple[Array, set[str]] | None:
    """What PyTorch's names say of a parameter, as our layer has it, and the names that it was made of.

    kind   the type of our layer;   own   its name of the parameter: W, forward.U, gamma
    old    the name looked for in the file: ours, whose last part is then PyTorch's, or PyTorch's own
    """
    direction, _, last = own.rpartition(".")
    names = _CELLS if kind in GATES else _NAMES.get(kind, _WEIGHTS)
    if last not in names:
        return None
    theirs = names[last] + ("_reverse" if direction == "backward" else "")
    if old.endswith(f".{own}"):
        name = f"{old.removesuffix(own)}{theirs}"
    elif old == theirs or old.endswith(f".{theirs}"):
        name = old
    else:
        return None
    if name not in there:
        return None
    array, used = there[name], {name}
    if kind in ("rnn", "lstm") and last == "b" and (other := name.replace("bias_ih", "bias_hh")) in there:
        array, used = array + there[other], {name, other}
    return _converted(array, kind, last), used


def _converted(array: Array, kind: str, own: str) -> Array:
    """An array of PyTorch's as our layer has it; one of a shape that no such layer has stays as it is."""
    if kind in GATES and len(array) % len(GATES[kind]) == 0:
        rows = np.split(array, len(GATES[kind]))
        return np.concatenate([rows[gate] for gate in GATES[kind]])
    if kind == "embedding" and array.ndim == 2:
        return array.T
    if kind == "patches" and array.ndim == 4:
        return array.reshape(len(array), -1)
    if kind == "attention" and own[-1] in "qkv" and len(array) % 3 == 0:
        return np.split(array, 3)["qkv".index(own[-1])]
    return array


def _types(layer: Layer, path: str) -> Iterator[tuple[str, str]]:
    for before, layers in layer.paths:
        for name, inner in named(layers):
            place = ".".join(part for part in (path, before, name) if part)
            yield place, inner.type
            yield from _types(inner, place)
