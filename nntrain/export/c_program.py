"""The network as C99: one file and a header, const weights, static scratch, and no library but libm."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from nntrain.errors import ConfigError
from nntrain.export.c_body import Body, Value
from nntrain.export.c_calls import around
from nntrain.export.c_functions import ELEMENTWISE, NEEDS, text
from nntrain.export.c_layers import write
from nntrain.export.description import Description, Inputs
from nntrain.export.exported import Asked, Exported, Trial, run_program
from nntrain.export.int8 import Quantized
from nntrain.export.int8_activations import Activations

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic")
_TRY = """#include <stdio.h>
#include "{header}"

int main(void)
{{
    static {input} x[{P}_INPUTS];
    static {answer} y[{P}_ANSWERS];
    while (fread(x, sizeof x, 1, stdin) == 1) {{
        {p}_predict(x, y);
        fwrite(y, sizeof y, 1, stdout);
    }}
    return 0;
}}
"""
_MATHS = ("EXP", "TANH", "SQRT", "ERF", "EXPM1", "LOG1P")


def c_files(
    described: Description,
    file: str,
    quantized: Mapping[str, Quantized],
    activations: Activations | None = None,
) -> Exported:
    """FILE.c and FILE.h.  Raises ConfigError for a layer that they do not have.

    quantized     the weights that are int8, by saved names
    activations   those that are int8 too, which the network has been given
    """
    if described.padded:
        raise ConfigError("export: .c takes sequences of one length, the data have several; .onnx and .py take lengths")
    stem = Path(file).stem
    header = f"{stem}.h"
    prefix = re.sub(r"\W", "_", stem, flags=re.ASCII).lower()
    prefix = prefix if prefix[:1].isalpha() else f"n{prefix}"
    body = Body(described.dtype, quantized, {} if activations is None else activations.scales)
    source, declared = _texts(described, prefix, header, body)
    files = {file: source.encode(), header: declared.encode()}
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    kinds = _kinds(described)

    def run(folder: Path, asked: Asked) -> Trial:
        if activations is not None:
            activations.doubtful = None
        examples = asked()
        names = {"header": header, "P": prefix.upper(), "p": prefix, "input": kinds[0], "answer": kinds[1]}
        trial = f"try_{prefix}"
        (folder / f"{trial}.c").write_text(_TRY.format(**names))
        run_program(folder, [str(compiler), *FLAGS, f"{trial}.c", f"./{file}", "-o", trial, "-lm"])
        answers = examples.answers
        said = run_program(folder, [f"./{trial}"], examples.raw.astype(_NUMPY[kinds[0]]).tobytes())
        found = np.frombuffer(said, _NUMPY[kinds[1]]).reshape(answers.shape)
        return Trial(found, answers, len(answers), None if activations is None else activations.doubtful)

    return Exported(files, compiler or "a C compiler", run if compiler else None)


_NUMPY = {"int": "intc", "float": "float32", "double": "float64"}


def _kinds(described: Description) -> tuple[str, str]:
    """The C types of what comes in, and of what `predict` says."""
    real = "double" if described.dtype == np.float64 else "float"
    given = "int" if described.inputs.dtype.kind == "i" else "double" if described.inputs.dtype == np.float64 else real
    return given, real if described.decision.mean is None else "double"


def _texts(described: Description, p: str, header: str, body: Body) -> tuple[str, str]:
    """The file and its header."""
    P, quantized = p.upper(), body.quantized
    given, answer = _kinds(described)
    real, network, decision = ("double" if body.double else "float"), described.network, described.decision
    x = _prepared(body, described.inputs, given, real)
    Z = write(body, network, x)
    outer, n, inner = around(network.output)
    answers = prod(network.output) * (2 if decision.single else 1)
    said = [f"    const real *z = forward(x);\n{_answer(body, described, outer, n, inner)}"]
    functions = dict.fromkeys(one for name in body.functions for one in (*NEEDS.get(name, ()), name))
    code = [text(name, bool(quantized)) if name not in body.formulas else "" for name in functions]
    code += [ELEMENTWISE.format(name=name, formula=formula) for name, formula in body.formulas.items()]
    used = " ".join([*code, *said])
    maths = [name for name in _MATHS if re.search(rf"\b{name}\(", used)]
    lines = "".join(f"    {line}\n" for line in body.lines)
    labels = ""
    if decision.labels is not None:
        words = ", ".join(_quoted(label) for label in decision.labels)
        labels = f"\nconst char *const {p}_labels[{len(decision.labels)}] = {{{words}}};\n"
    source = [
        f"/* {_comment(described.name)}: a network that nntrain trained; {header} says how it is called. */\n",
        f'#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include "{header}"\n\n',
        f"typedef {real} real;\ntypedef {'int8_t' if quantized else 'real'} weight;\n",
        *(f"#define {name} {name.lower()}{'' if body.double else 'f'}\n" for name in maths),
        f"\nstatic real scratch[{P}_SCRATCH];\n" if body.size else "",
        f"static int8_t bytes[{P}_BYTES];\n\n" if body.bytes else "\n",
        *body.constants.values(),
        *code,
        f"\nstatic const real *forward(const {given} *x)\n{{\n{lines}    return {Z.pointer};\n}}\n",
        labels,
        f"\nvoid {p}_scores(const {given} *x, {real} *scores)\n{{\n    const real *z = forward(x);\n",
        f"    for (int i = 0; i < {prod(network.output)}; i++)\n        scores[i] = z[i];\n}}\n",
        _label(described, p, given),
        f"\nvoid {p}_predict(const {given} *x, {answer} *y)\n{{\n",
        *said,
        "}\n",
    ]
    return "".join(source), _header(described, p, body, answers)


def _prepared(body: Body, inputs: Inputs, given: str, real: str) -> Value:
    """The raw example, or a standardized one in the scratch."""
    if inputs.mean is None or inputs.deviation is None:
        if given == real or given == "int":
            return Value("x", None)
        z = body.new(*inputs.shape)
        body.lines.append(f"for (int i = 0; i < {prod(inputs.shape)}; i++)")
        body.lines.append(f"    ({z.pointer})[i] = (real)x[i];")
        return z
    z = body.new(*inputs.shape)
    _, n, inner = around(inputs.shape)
    mean = body.constant("input.mean", inputs.mean, "double")
    factor = body.constant("input.factor", 1 / inputs.deviation, "double")
    body.lines.append(f"for (int i = 0; i < {prod(inputs.shape)}; i++)")
    at = f"[i / {inner} % {n}]"
    body.lines.append(f"    ({z.pointer})[i] = (real)((x[i] - {mean}{at}) * {factor}{at});")
    return z


def _answer(body: Body, described: Description, outer: int, n: int, inner: int) -> str:
    """The lines of `predict` that turn z into y."""
    decision, count = described.decision, outer * n * inner
    if decision.single:
        low, high = ("1 / (1 + EXP(z[i]))", "1 / (1 + EXP(-z[i]))") if decision.activation else ("1 - z[i]", "z[i]")
        loop = f"    for (int i = 0; i < {count}; i++) {{\n"
        return f"{loop}        y[2 * i] = {low};\n        y[2 * i + 1] = {high};\n    }}\n"
    if decision.activation == "softmax":
        body.functions["softmax"] = None
        return f"    softmax(z, y, {outer}, {n}, {inner});\n"
    one = "1 / (1 + EXP(-z[i]))" if decision.activation == "sigmoid" else "z[i]"
    if decision.mean is not None and decision.deviation is not None:
        mean = body.constant("target.mean", decision.mean, "double")
        deviation = body.constant("target.deviation", decision.deviation, "double")
        at = f"[i / {inner} % {n}]"
        one = f"({one}) * {deviation}{at} + {mean}{at}"
    return f"    for (int i = 0; i < {count}; i++)\n        y[i] = {one};\n"


def _label(described: Description, p: str, given: str) -> str:
    decision = described.decision
    if decision.labels is None:
        return ""
    outer, n, inner = around(described.network.output)
    steps = outer * inner
    if decision.single:
        rule = f"        label[t] = z[t] > (real){decision.threshold!r};\n"
        return _labelling(p, given, steps, rule)
    rule = (
        "        int best = 0;\n"
        f"        for (int i = 1; i < {n}; i++)\n"
        f"            best = z[t * {n} + i] > z[t * {n} + best] ? i : best;\n"
        "        label[t] = best;\n"
    )
    return _labelling(p, given, steps, rule)


def _labelling(p: str, given: str, steps: int, rule: str) -> str:
    begin = f"\nvoid {p}_label(const {given} *x, int *label)\n{{\n    const real *z = forward(x);\n"
    return f"{begin}    for (int t = 0; t < {steps}; t++) {{\n{rule}    }}\n}}\n"


def _header(described: Description, p: str, body: Body, answers: int) -> str:
    inputs, decision, P = described.inputs, described.decision, p.upper()
    given, answer = _kinds(described)
    real = "double" if described.dtype == np.float64 else "float"
    shape = " x ".join(map(str, inputs.shape))
    about = [f"{_comment(described.name)}, a network that nntrain trained.", ""]
    about.append(f"x is one example, {shape} numbers row by row" + _units(inputs))
    lines = [f" * {line}".rstrip() for line in about]
    declared = [f"void {p}_scores(const {given} *x, {real} *scores); /* the last layer's outputs, {P}_OUTPUTS */"]
    if decision.labels is not None:
        outer, _, inner = around(described.network.output)
        declared.append(f"extern const char *const {p}_labels[{len(decision.labels)}]; /* names of the classes */")
        declared.append(f"void {p}_label(const {given} *x, int *label); /* numbers of {outer * inner} classes */")
    what = "probabilities of the classes" if decision.labels is not None else "values in the data's units"
    declared.append(f"void {p}_predict(const {given} *x, {answer} *y); /* {what}, {P}_ANSWERS */")
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
            f"#define {P}_OUTPUTS {prod(described.network.output)}",
            f"#define {P}_ANSWERS {answers}",
            f"#define {P}_SCRATCH {body.size} /* numbers of {real} in the static array */",
            *([f"#define {P}_BYTES {body.bytes} /* bytes in a second one */"] if body.bytes else []),
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
    return f" in the data's units:\n *   {_comment(', '.join(names))}"


def _comment(words: str) -> str:
    """Words as they may stand in a comment."""
    return words.replace("*/", "* /").replace("/*", "/ *").replace("\n", " ").replace("\\", "/")


def _quoted(word: str) -> str:
    """A string of C, what is no plain ASCII in octal."""
    plain = [c if 32 <= ord(c) < 127 and c not in '"\\?' else "".join(f"\\{b:03o}" for b in c.encode()) for c in word]
    return f'"{"".join(plain)}"'
