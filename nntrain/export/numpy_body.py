"""The function `network` of a program of NumPy, a line a layer."""

from __future__ import annotations

import numpy as np

from nntrain.export.numpy_expressions import FORM, LENGTHS
from nntrain.export.numpy_layers import LAYERS
from nntrain.export.numpy_sequence_layers import lengths_behind
from nntrain.export.placed import Placed, written
from nntrain.layers.branches import Branches, Concatenate
from nntrain.layers.containers import Chain
from nntrain.layers.residual import Residual


class Body:
    """The lines of `network`, and the functions that they call.  `padded`: sequences have lengths."""

    def __init__(self, padded: bool = False) -> None:
        self.lines: list[str] = []
        self.calls: set[str] = set()
        self._kept = 0
        self._lengths = "lengths" if padded else None

    def write(self, placed: Placed) -> None:
        """The lines that make X the layer's output."""
        if type(placed.layer) is Residual:
            self._residual(placed)
        elif isinstance(placed.layer, Branches):
            self._branches(placed)
        elif isinstance(placed.layer, Chain):
            for one in placed.inner.values():
                self.write(one)
        else:
            said = written(LAYERS, placed, FORM)
            self.calls.update(said.calls)
            about = f"  # {placed.path} {axes(placed.output)}" + (f": {said.equation}" if said.equation else "")
            given = "" if self._lengths is None else f", lengths={self._lengths}"
            self.lines.append(f"X = {said.text.replace(LENGTHS, given)}{about}")
            self._go_behind(placed)

    def _go_behind(self, placed: Placed) -> None:
        """Make `_lengths` the steps that count behind a layer."""
        if self._lengths is None:
            return
        before = np.arange(1, placed.shape[0] + 1)
        after = placed.layer.output_lengths(before)
        if after is None:
            self._lengths = None
        elif not np.array_equal(before, after):
            said = lengths_behind(placed, self._lengths)
            self.calls.update(said.calls)
            self._name_lengths(said.text)

    def _name_lengths(self, text: str) -> None:
        self._kept += 1
        self._lengths = f"L{self._kept}"
        self.lines.append(f"{self._lengths} = {text}  # steps that count")

    def _meet(self, lengths: set[str | None]) -> None:
        """Of branches: a step counts that counts in each."""
        names = sorted(one for one in lengths if one is not None)
        self._lengths = names[0] if names else None
        for other in names[1:]:
            self._name_lengths(f"np.minimum({self._lengths}, {other})")

    def _keep(self, what: str, letter: str) -> str:
        self._kept += 1
        self.lines.append(f"{letter}{self._kept} = X  # {what}")
        return f"{letter}{self._kept}"

    def _residual(self, placed: Placed) -> None:
        self.calls.add("add")
        before, lengths = self._keep(f"the input of {placed.path}", "S"), self._lengths
        for one in placed.chain:
            self.write(one)
        of_chain, self._lengths = self._lengths, lengths
        if placed.shortcut is not None:
            after = self._keep("F(X)", "F")
            self.lines.append(f"X = {before}")
            self.write(placed.shortcut)
            self.lines.append(f"X = add({after}, X)  # {placed.path}: F(X) + S(X)")
        else:
            self.lines.append(f"X = add(X, {before})  # {placed.path}: F(X) + X")
        self._meet({of_chain, self._lengths})

    def _branches(self, placed: Placed) -> None:
        join = "concatenate" if type(placed.layer) is Concatenate else "multiply"
        self.calls.add(join)
        before, parts = self._keep(f"the input of {placed.path}", "S"), list[str]()
        lengths, found = self._lengths, set[str | None]()
        for i, one in enumerate(placed.inner.values()):
            if i:
                self.lines.append(f"X = {before}")
            self._lengths = lengths
            self.write(one)
            found.add(self._lengths)
            parts.append(self._keep(one.path, "B"))
        self.lines.append(f"X = {join}({', '.join(parts)})  # {placed.path} {axes(placed.output)}")
        self._meet(found)


def axes(shape: tuple[int, ...]) -> str:
    """A shape with its batch axis."""
    return f"({', '.join([*map(str, shape), 'm'])})"
