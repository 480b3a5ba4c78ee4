"""The header of a network as C99: what its functions are called and what they take."""

from __future__ import annotations

from math import prod

import numpy as np

from nntrain.export.c_body import Body
from nntrain.export.description import Description, Inputs
from nntrain.messages import printable


def kinds(described: Description) -> tuple[str, str]:
    """The C types of what comes in, and of what `predict` says."""
    real = "double" if described.dtype == np.float64 else "float"
    given = "int" if described.inputs.dtype.kind == "i" else "double" if described.inputs.dtype == np.float64 else real
    return given, real if described.decision.mean is None else "double"


def header(described: Description, p: str, body: Body, answers: int) -> str:
    """FILE.h.   p: what all names begin with."""
    inputs, decision, P = described.inputs, described.decision, p.upper()
    given, answer = kinds(described)
    steps = ", int steps" if described.padded else ""
    real = "double" if described.dtype == np.float64 else "float"
    shape = " x ".join(map(str, inputs.shape))
    about = [f"{comment(described.name)}, a network that nntrain trained.", ""]
    about.append(f"x is one example, {shape} numbers row by row" + _units(inputs))
    if described.padded:
        about.append(
            f"Of its steps the first `steps` count, 1 to {P}_STEPS; what stands behind them is not read. Of an"
        )
        about.append("output at every step, what stands behind them is not written.")
    lines = [f" * {line}".rstrip() for line in about]
    declared = [
        f"void {p}_scores(const {given} *x{steps}, {real} *scores); /* the last layer's outputs, {P}_OUTPUTS */"
    ]
    if decision.labels is not None:
        outer, _, inner = body.around(described.network.output)
        each = f"{prod(described.network.output[:-1])}" if body.steps else f"{outer * inner}"
        declared.append(f"extern const char *const {p}_labels[{len(decision.labels)}]; /* names of the classes */")
        declared.append(f"void {p}_label(const {given} *x{steps}, int *label); /* numbers of {each} classes */")
    what = "probabilities of the classes" if decision.labels is not None else "values in the data's units"
    declared.append(f"void {p}_predict(const {given} *x{steps}, {answer} *y); /* {what}, {P}_ANSWERS */")
    return "\n".join(
        [
            "/*",
            *lines,
            " * One call at a time: all of them work in one static array, and none allocates memory.",
            " */",
            f"#ifndef {P}_H",
            f"#define {P}_H",
            "",
            f"#define {P}_INPUTS {prod(inputs.shape)}",
            *([f"#define {P}_STEPS {inputs.shape[0]}"] if described.padded else []),
            f"#define {P}_OUTPUTS {prod(described.network.output)}",
            f"#define {P}_ANSWERS {answers}",
            f"#define {P}_SCRATCH {body.size} /* numbers of {real} in the static array */",
            *([f"#define {P}_ROUNDED {body.rounded} /* numbers of int16_t in a second one */"] if body.rounded else []),
            "",
            *declared,
            "",
            "#endif",
            "",
        ]
    )


def _units(inputs: Inputs) -> str:
    """What the numbers are."""
    if inputs.dtype.kind == "i":
        return ": numbers of symbols."
    if inputs.scale is not None:
        return f": pixels in 0 ... 1 (whole ones times {inputs.scale:.9g})."
    if inputs.table is None:
        return " in the data's units."
    names = []
    for column in inputs.table.columns:
        names += [column.name] * (column.width == 1) or [f"{column.name}[{i}]" for i in range(column.width)]
    return f" in the data's units:\n *   {comment(', '.join(names))}"


def comment(words: str) -> str:
    """Words as they may stand in a comment, all in print: no sign in them turns the direction of what follows."""
    words = words.replace("\\", "/").replace("\n", " ").replace("*/", "* /").replace("/*", "/ *")
    return printable(words)
