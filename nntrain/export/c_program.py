"""The network as C99: one file and a header, const weights, static scratch, and no library but libm."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

import numpy as np

from nntrain.export.c_body import Body, Value
from nntrain.export.c_functions import ELEMENTWISE, NEEDS, text
from nntrain.export.c_header import comment, header, kinds
from nntrain.export.c_layers import write
from nntrain.export.description import Description, Inputs
from nntrain.export.exported import Asked, Exported, Trial, run_program
from nntrain.export.int8 import Quantized
from nntrain.export.int8_activations import Activations
from nntrain.export.reference import Examples
from nntrain.model.shapes import Array

FLAGS = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic")
_TRY = """#include <stdio.h>
#include <string.h>
#include "{header}"

int main(void)
{{
    static {input} x[{P}_INPUTS];
    static {answer} y[{P}_ANSWERS];
    int steps;
    while (fread(&steps, sizeof steps, 1, stdin) == 1 && fread(x, sizeof x, 1, stdin) == 1) {{
        memset(y, 0, sizeof y);
        {p}_predict(x{steps}, y);
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
    stem = Path(file).stem
    included = f"{stem}.h"
    prefix = re.sub(r"\W", "_", stem, flags=re.ASCII).lower()
    prefix = prefix if prefix[:1].isalpha() else f"n{prefix}"
    body = Body(described.dtype, quantized, {} if activations is None else activations.scales, described.padded)
    source, declared = _texts(described, prefix, included, body)
    files = {file: source.encode(), included: declared.encode()}
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    given, answer = kinds(described)

    def run(folder: Path, asked: Asked) -> Trial:
        if activations is not None:
            activations.doubtful = None
        examples = asked()
        names = {"header": included, "P": prefix.upper(), "p": prefix, "input": given, "answer": answer}
        names |= {"steps": ", steps" if described.padded else ""}
        trial = f"try_{prefix}"
        (folder / f"{trial}.c").write_text(_TRY.format(**names))
        run_program(folder, [str(compiler), *FLAGS, f"{trial}.c", f"./{file}", "-o", trial, "-lm"])
        doubtful = None if activations is None else activations.doubtful
        return tried(described, examples, doubtful, lambda content: run_program(folder, [f"./{trial}"], content))

    return Exported(files, compiler or "a C compiler", run if compiler else None)


def tried(described: Description, examples: Examples, doubtful: Array | None, run: Callable[[bytes], bytes]) -> Trial:
    """What the program says to each example, and nntrain; sequences longer than the declared ones are left out."""
    raw, answers = examples.raw, examples.counted(examples.answers)
    kind, kind_of_answer = (_NUMPY[name] for name in kinds(described))
    T = described.inputs.shape[0]
    lengths = np.full(len(raw), T) if examples.lengths is None else examples.lengths
    if described.padded:
        keep = lengths <= T
        raw, answers, lengths = raw[keep, :T], answers[keep], lengths[keep]
        doubtful = None if doubtful is None else doubtful[keep]
        raw = np.concatenate([raw, np.zeros((len(raw), T - raw.shape[1], *raw.shape[2:]), raw.dtype)], axis=1)
    content = b"".join(
        np.intc(steps).tobytes() + x.tobytes() for steps, x in zip(lengths, raw.astype(kind), strict=True)
    )
    found = np.frombuffer(run(content), kind_of_answer)
    if described.padded and len(described.network.output) == 2:
        found = found.reshape(len(raw), described.network.output[0], *answers.shape[2:])[:, : answers.shape[1]]
    return Trial(found.reshape(answers.shape), answers, len(answers), doubtful)


_NUMPY = {"int": "intc", "float": "float32", "double": "float64"}


def _texts(described: Description, p: str, included: str, body: Body) -> tuple[str, str]:
    """The file and its header."""
    P, quantized = p.upper(), body.quantized
    given, answer = kinds(described)
    real, network, decision = ("double" if body.double else "float"), described.network, described.decision
    takes, forward = f"const {given} *x", "    const real *z = forward(x);\n"
    if described.padded:
        takes, forward = f"{takes}, int steps", "    const real *z = forward(x, steps);\n"
    x = _prepared(body, described.inputs, given, real)
    Z = write(body, network, x)
    answers = prod(network.output) * (2 if decision.single else 1)
    said = [forward + _answer(body, described)]
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
        f"/* {comment(described.name)}: a network that nntrain trained; {included} says how it is called. */\n",
        f'#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include "{included}"\n\n',
        f"typedef {real} real;\ntypedef {'int8_t' if quantized else 'real'} weight;\n",
        *(f"#define {name} {name.lower()}{'' if body.double else 'f'}\n" for name in maths),
        f"\nstatic real scratch[{P}_SCRATCH];\n" if body.size else "",
        f"static int16_t rounded[{P}_ROUNDED];\n\n" if body.rounded else "\n",
        *body.constants.values(),
        *code,
        f"\nstatic const real *forward({takes})\n{{\n{lines}    return {Z.pointer};\n}}\n",
        labels,
        f"\nvoid {p}_scores({takes}, {real} *scores)\n{{\n{forward}",
        f"    for (int i = 0; i < {body.count(network.output)}; i++)\n        scores[i] = z[i];\n}}\n",
        f"\nvoid {p}_label({takes}, int *label)\n{{\n{forward}{_label(body, described)}" if labels else "",
        f"\nvoid {p}_predict({takes}, {answer} *y)\n{{\n",
        *said,
        "}\n",
    ]
    return "".join(source), header(described, p, body, answers)


def _prepared(body: Body, inputs: Inputs, given: str, real: str) -> Value:
    """The raw example, or a standardized one in the scratch."""
    if body.steps is not None:
        body.lines.append("(void)steps;")  # the first step alone may be all that is read
    if inputs.mean is None or inputs.deviation is None:
        if given == real or given == "int":
            return Value("x", None)
        z = body.new(*inputs.shape)
        body.lines.append(f"for (int i = 0; i < {body.count(inputs.shape)}; i++)")
        body.lines.append(f"    ({z.pointer})[i] = (real)x[i];")
        return z
    z = body.new(*inputs.shape)
    _, n, inner = body.around(inputs.shape)
    mean = body.constant("input.mean", inputs.mean, "double")
    factor = body.constant("input.factor", 1 / inputs.deviation, "double")
    body.lines.append(f"for (int i = 0; i < {body.count(inputs.shape)}; i++)")
    at = f"[i / {inner} % {n}]"
    body.lines.append(f"    ({z.pointer})[i] = (real)((x[i] - {mean}{at}) * {factor}{at});")
    return z


def _answer(body: Body, described: Description) -> str:
    """The lines of `predict` that turn z into y."""
    decision, count = described.decision, body.count(described.network.output)
    outer, n, inner = body.around(described.network.output)
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


def _label(body: Body, described: Description) -> str:
    """The lines of `label` that turn z into numbers of classes, and its end."""
    decision, (outer, n, inner) = described.decision, body.around(described.network.output)
    steps = outer if isinstance(outer, str) else outer * inner
    rule = (
        "        int best = 0;\n"
        f"        for (int i = 1; i < {n}; i++)\n"
        f"            best = z[t * {n} + i] > z[t * {n} + best] ? i : best;\n"
        "        label[t] = best;\n"
    )
    if decision.single:
        rule = f"        label[t] = z[t] > (real){decision.threshold!r};\n"
    return f"    for (int t = 0; t < {steps}; t++) {{\n{rule}    }}\n}}\n"


def _quoted(word: str) -> str:
    """A string of C, what is no plain ASCII in octal."""
    plain = [c if 32 <= ord(c) < 127 and c not in '"\\?' else "".join(f"\\{b:03o}" for b in c.encode()) for c in word]
    return f'"{"".join(plain)}"'
