"""A Python file that builds a network in PyTorch, with the names that `--names torch` gives the parameters."""

from __future__ import annotations

import re

from nntrain.export.placed import Placed, written
from nntrain.export.torch_helpers import CLASSES
from nntrain.export.torch_layers import LAYERS
from nntrain.export.torch_names import FORM
from nntrain.model.shapes import Array, show_shape

_HEAD = '''"""The network of the run {name!r} in PyTorch, written by nntrain.

    model = network()
    model.load_state_dict(safetensors.torch.load_file({file!r}))
    model.eval()

It takes examples first, prepared as nntrain prepares them: {shape} behind the axis of examples.  It gives what the
last layer gives: a loss that applies softmax or sigmoid, such as cross_entropy, expects these scores.
"""

import torch
from torch import nn
from torch.nn import functional as F
'''


def state_dict(network: Placed) -> dict[str, Array]:
    """Every parameter by its name in the generated module.  Raises ConfigError."""
    state = {}
    for placed in network.walk():
        for name, array in written(LAYERS, placed, FORM).state.items():
            state[f"{placed.path}.{name}" if placed.path else name] = array
    return state


def source(network: Placed, name: str, file: str, dtype: str) -> str:
    """The file's text.  Raises ConfigError."""
    built = _built(network, "    ")
    used = {word for word in re.findall(r"\w+", built) if word in CLASSES}
    while (
        more := {base for word in used for base in re.findall(r"class \w+\((\w+)\)", CLASSES[word])} & {*CLASSES} - used
    ):
        used |= more
    head = _HEAD.format(name=name.replace('"', "'"), file=file, shape=show_shape(network.shape))
    classes = [f"\n{text}" for name, text in CLASSES.items() if name in used]
    double = ".double()" if dtype == "float64" else ""
    return "".join([head, *classes, f"\n\ndef network():\n    return {built}{double}\n"])


def _built(placed: Placed, indent: str) -> str:
    """The expression that builds a layer, and those inside it."""
    module = written(LAYERS, placed, FORM).built
    if "{}" not in module:
        return module
    deeper = indent + "    "
    lines = [f"{deeper}{name!r}: {_built(one, deeper)},\n" for name, one in placed.inner.items()]
    return module.replace("{}", "{\n" + "".join(lines) + indent + "}" if lines else "{}")
