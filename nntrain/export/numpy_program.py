"""One Python file that predicts with NumPy alone, to the byte as `nntrain predict` does."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np

from nntrain.data.tables.cells import USUAL_MISSING
from nntrain.data.vocabulary import PADDING
from nntrain.errors import ConfigError
from nntrain.export import numpy_activations, numpy_functions, numpy_sequences
from nntrain.export import numpy_sequence_text as sequences
from nntrain.export import numpy_text as text
from nntrain.export.bundle import bundle
from nntrain.export.description import Description
from nntrain.export.exported import Asked, Exported, Trial, run_python
from nntrain.export.numpy_body import Body, axes
from nntrain.export.placed import Placed
from nntrain.model.shapes import Array

_SPLIT = ("nntrain.data.vocabulary", "split")
_TRY = """
import sys, numpy
sys.path.insert(0, ".")
import generated_program as program
given = [numpy.load(name) for name in sys.argv[1:]]
answer = program.probabilities if hasattr(program, "probabilities") else program.predict
numpy.save("y.npy", answer(*given))
"""


def program(described: Description, file: str) -> Exported:
    """The file.  Raises ConfigError for what NumPy functions of nntrain do not say."""
    content = source(described, file).encode()

    def run(folder: Path, asked: Asked) -> Trial:
        examples = asked()
        (folder / "generated_program.py").write_bytes(content)
        given = {"x.npy": examples.raw} | ({} if examples.lengths is None else {"lengths.npy": examples.lengths})
        for name, array in given.items():
            np.save(folder / name, array)
        run_python(folder, _TRY, *given)
        answers = np.load(folder / "y.npy")
        return Trial(examples.counted(answers), examples.counted(examples.answers), len(answers))

    return Exported({file: content}, "Python", run)


def source(described: Description, file: str) -> str:
    """The file's text."""
    body = Body(described.padded)
    body.write(described.network)
    inputs, decision, padded = described.inputs, described.decision, described.padded
    calls = {*body.calls, *({decision.activation} if decision.activation else ())}
    places = [_home(name) for name in sorted(calls)]
    lines, functions = bundle(places if inputs.text is None else [*places, _SPLIT])
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
    reads = [text.READ[read], text.READ_ARRAY, text.READ_CSV]
    if padded:
        reads = [sequences.READ_ARRAY if inputs.text is None else sequences.READ_TEXTS, text.READ_CSV]
    parts = [
        head,
        "\nfrom __future__ import annotations\n\n",
        "".join(line + "\n" for line in lines),
        text.NUMPY,
        "\n" + "".join(f"{name} = {value}\n" for name, value in _constants(described).items()),
        f"\n\ndef network(X{', lengths' * padded}):\n",
        f'    """X {axes(inputs.shape)} -> Z {axes(described.network.output)}"""\n',
        "".join(f"    {line}\n" for line in [*body.lines, "return X"]),
        *("\n" + one for one in _answers(described, text.PREPARE[kind])),
        *("\n" + one for one in reads),
        "\n" + _main(described),
        "\n\n# nntrain's own functions, and what they need\n\n\n",
        functions,
        "\n\n# the parameters, an .npz file\n",
        _parameters(described.network),
        text.END,
    ]
    return "".join(parts)


def _main(described: Description) -> str:
    labels, padded = described.decision.labels is not None, described.padded
    choose = text.CHOOSE_LABELS if labels else text.CHOOSE_VALUES
    return text.MAIN.format(
        given="x, lengths" if padded else "x",
        choose=choose.format(given="x, lengths" if padded else "x"),
        flag=" [--probabilities]" if labels else "",
        ends=sequences.ENDS if padded and len(described.network.output) == 2 else "",
    )


def _answers(described: Description, prepare: str) -> list[str]:
    decision = described.decision
    said = {"lengths": ", lengths=None", "handed": ", lengths"} if described.padded else {"lengths": "", "handed": ""}
    scores = (sequences.SCORES if described.padded else text.SCORES).format(batch=described.batch)
    parts = [prepare, scores]
    if decision.labels is not None:
        decided = text.THRESHOLD.format(threshold=decision.threshold) if decision.single else text.ARGMAX
        probable = text.PROBABLE[decision.activation, decision.single]
        return [*parts, text.LABELS.format(decided=decided, probable=probable, **said)]
    activated = f"{decision.activation}(Z)" if decision.activation else "Z"
    units = "Y" if decision.mean is None else text.UNITS
    return [*parts, text.VALUES.format(activated=activated, in_units=units, **said)]


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
        constants |= {"MISSING": repr(inputs.missing), "IGNORES_UNKNOWN": repr(inputs.ignores_unknown)}
        constants |= {"USUAL_MISSING": repr(sorted(USUAL_MISSING))} if inputs.missing is None else {}
        constants |= {"HEADER": repr(table.header), "WIDTH": repr(table.width), "BESIDE": repr(beside)}
        constants["COLUMNS"] = "[  # name, place, words, what stands for a missing value, unit\n"
        constants["COLUMNS"] += "".join(f"    {row!r},\n" for row in rows) + "]"
    elif (series := inputs.series) is not None:
        constants |= {"COLUMNS": repr(list(series.columns)), "AT": repr(list(series.at))}
    constants |= {"DECIMAL": repr(inputs.decimal), "THOUSANDS": repr(inputs.thousands)}
    constants["ARRAY"] = repr(inputs.array or "x")
    if described.padded:
        constants["LENGTHS"] = repr(inputs.lengths or "lengths")
    if inputs.text is not None:
        constants |= {"SYMBOLS": repr(inputs.symbols), "LEVEL": repr(inputs.text[0]), "COLUMN": repr(inputs.text[1])}
        constants["PADDING"] = repr(PADDING)
    return constants


def _home(function: str) -> tuple[str, str]:
    """The module of a function, and its name."""
    homes = (numpy_activations, numpy_sequences, numpy_functions)
    return next(home.__name__ for home in homes if hasattr(home, function)), function


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
