"""One Python file that predicts with NumPy alone, to the byte as `nntrain predict` does."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np

from nntrain.errors import ConfigError
from nntrain.export import numpy_activations, numpy_functions
from nntrain.export import numpy_text as text
from nntrain.export.bundle import bundle
from nntrain.export.description import Description
from nntrain.export.exported import Asked, Exported, Trial, run_python
from nntrain.export.numpy_layers import FORM, LAYERS
from nntrain.export.placed import Placed, written
from nntrain.layers.branches import Branches, Concatenate
from nntrain.layers.containers import Chain
from nntrain.layers.residual import Residual
from nntrain.model.shapes import Array

_TRY = """
import sys, numpy
sys.path.insert(0, ".")
import generated_program as program
x = numpy.load("x.npy")
numpy.save("y.npy", program.probabilities(x) if hasattr(program, "probabilities") else program.predict(x))
"""


def program(described: Description, file: str) -> Exported:
    """The file.  Raises ConfigError for what NumPy functions of nntrain do not say."""
    if described.padded:
        raise ConfigError(
            "export: .py takes sequences of one length, and the run's data have several; .onnx takes lengths"
        )
    content = source(described, file).encode()

    def run(folder: Path, asked: Asked) -> Trial:
        examples = asked()
        (folder / "generated_program.py").write_bytes(content)
        np.save(folder / "x.npy", examples.raw)
        run_python(folder, _TRY)
        return Trial(np.load(folder / "y.npy"), examples.answers, len(examples.raw))

    return Exported({file: content}, "Python", run)


def source(described: Description, file: str) -> str:
    """The file's text."""
    body = _Body()
    body.write(described.network)
    inputs, decision = described.inputs, described.decision
    calls = {*body.calls, *({decision.activation} if decision.activation else ())}
    lines, functions = bundle([_home(name) for name in sorted(calls)])
    own = {f"import {name}" for name in ("base64", "contextlib", "csv", "io", "sys")}
    lines = sorted({*lines, *own} - {"import os", "import numpy as np"})
    labels = decision.labels is not None
    head = text.HEAD.format(
        name=described.name.replace('"', "'").replace("\\", "/"),
        file=file,
        more="probabilities(x)" if labels else "in the data's units,",
        shape=f"{inputs.shape}",
    )
    kind = "numbers" if inputs.scale is None else "pixels"
    kind = "symbols" if inputs.dtype.kind == "i" else "standardize" if inputs.mean is not None else kind
    read = "table" if inputs.table is not None else "series" if inputs.series is not None else "array"
    parts = [
        head,
        "\nfrom __future__ import annotations\n\n",
        "".join(line + "\n" for line in lines),
        text.NUMPY,
        "\n" + "".join(f"{name} = {value}\n" for name, value in _constants(described).items()),
        f'\n\ndef network(X):\n    """X {_axes(inputs.shape)} -> Z {_axes(described.network.output)}"""\n',
        "".join(f"    {line}\n" for line in [*body.lines, "return X"]),
        *("\n" + one for one in _answers(described, text.PREPARE[kind])),
        "\n" + text.READ[read],
        "\n" + text.READ_ARRAY,
        "\n" + text.READ_CSV,
        "\n"
        + text.MAIN.format(
            choose=text.CHOOSE_LABELS if labels else text.CHOOSE_VALUES, flag=" [--probabilities]" if labels else ""
        ),
        "\n\n# nntrain's own functions, and what they need\n\n\n",
        functions,
        "\n\n# the parameters, an .npz file\n",
        _parameters(described.network),
        text.END,
    ]
    return "".join(parts)


def _answers(described: Description, prepare: str) -> list[str]:
    decision = described.decision
    parts = [prepare, text.SCORES.format(batch=described.batch)]
    if decision.labels is not None:
        decided = text.THRESHOLD.format(threshold=decision.threshold) if decision.single else text.ARGMAX
        probable = text.PROBABLE[decision.activation, decision.single]
        return [*parts, text.LABELS.format(decided=decided, probable=probable)]
    activated = f"{decision.activation}(Z)" if decision.activation else "Z"
    units = "Y" if decision.mean is None else text.UNITS
    return [*parts, text.VALUES.format(activated=activated, in_units=units)]


def _constants(described: Description) -> dict[str, str]:
    """Names of the file and what they are, as Python writes it."""
    inputs, decision = described.inputs, described.decision
    constants = {"DTYPE": f"np.{described.dtype.name}", "SHAPE": repr(inputs.shape)}
    if inputs.mean is not None and inputs.deviation is not None:
        constants |= {"MEAN": _literal(inputs.mean), "DEVIATION": _literal(inputs.deviation)}
    if inputs.scale is not None or inputs.mean is not None:
        constants["SCALE"] = repr(inputs.scale)
    if decision.labels is not None:
        constants["LABELS"] = repr(decision.names_or_numbers)
    else:
        constants["NAMES"] = repr(None if decision.names is None else list(decision.names))
    if decision.mean is not None and decision.deviation is not None:
        constants |= {"TARGET_MEAN": _literal(decision.mean), "TARGET_DEVIATION": _literal(decision.deviation)}
    if (table := inputs.table) is not None:
        rows = [(c.name, c.at, c.categories, c.fill, c.unit or "") for c in table.columns]
        if any(c.date is not None or c.gap for c in table.columns):
            raise ConfigError("export: .py reads numbers and words, no dates and no gaps that are a class; take .onnx")
        if table.questions:
            raise ConfigError("export: .py gives one label or values, and this network answers questions; take .onnx")
        targets = [target.at for target in table.targets]
        beside = [targets, [*targets, *([table.weights.at] if table.weights else [])]]
        constants |= {"HEADER": repr(table.header), "WIDTH": repr(table.width), "BESIDE": repr(beside)}
        constants["COLUMNS"] = "[  # name, place, words, what stands for a missing value, unit\n"
        constants["COLUMNS"] += "".join(f"    {row!r},\n" for row in rows) + "]"
    elif (series := inputs.series) is not None:
        constants |= {"COLUMNS": repr(list(series.columns)), "AT": repr(list(series.at))}
    constants["ARRAY"] = repr(inputs.array or "x")
    return constants


class _Body:
    """The lines of `network`, and the functions that they call."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.calls: set[str] = set()
        self._kept = 0

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
            about = f"  # {placed.path} {_axes(placed.output)}" + (f": {said.equation}" if said.equation else "")
            self.lines.append(f"X = {said.text}{about}")

    def _keep(self, what: str, letter: str) -> str:
        self._kept += 1
        self.lines.append(f"{letter}{self._kept} = X  # {what}")
        return f"{letter}{self._kept}"

    def _residual(self, placed: Placed) -> None:
        self.calls.add("add")
        before = self._keep(f"the input of {placed.path}", "S")
        for one in placed.chain:
            self.write(one)
        if placed.shortcut is not None:
            after = self._keep("F(X)", "F")
            self.lines.append(f"X = {before}")
            self.write(placed.shortcut)
            self.lines.append(f"X = add({after}, X)  # {placed.path}: F(X) + S(X)")
        else:
            self.lines.append(f"X = add(X, {before})  # {placed.path}: F(X) + X")

    def _branches(self, placed: Placed) -> None:
        join = "concatenate" if type(placed.layer) is Concatenate else "multiply"
        self.calls.add(join)
        before, parts = self._keep(f"the input of {placed.path}", "S"), []
        for i, one in enumerate(placed.inner.values()):
            if i:
                self.lines.append(f"X = {before}")
            self.write(one)
            parts.append(self._keep(one.path, "B"))
        self.lines.append(f"X = {join}({', '.join(parts)})  # {placed.path} {_axes(placed.output)}")


def _home(function: str) -> tuple[str, str]:
    """The module of a function, and its name."""
    home = numpy_activations if hasattr(numpy_activations, function) else numpy_functions
    return home.__name__, function


def _axes(shape: tuple[int, ...]) -> str:
    """A shape with its batch axis."""
    return f"({', '.join([*map(str, shape), 'm'])})"


def _literal(array: Array) -> str:
    return f"np.array({array.tolist()!r})"


def _parameters(network: Placed) -> str:
    """`p`, the parameters by their saved names."""
    arrays = {name: one.arrays[own] for one in network.walk() for own, name in one.saved.items()}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    coded = base64.b64encode(content.getvalue()).decode()
    lines = [coded[i : i + 120] for i in range(0, len(coded), 120)]
    body = "\n".join(lines)
    return f'p = dict(np.load(io.BytesIO(base64.b64decode("""\n{body}\n"""))))\n'
