"""The network as C99: compiled without a warning by gcc and clang, it says what nntrain says."""

import re
import shutil
import subprocess
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from export.networks import CHOSEN, inputs, known, of_case, outputs, within
from export.runs import CONFIGS, inputs_of, is_text, loaded_of, train
from export.test_numpy_program import PADDED, plainly
from layers.cases import Case

from nntrain.errors import ConfigError
from nntrain.export.c_header import comment
from nntrain.export.c_layers import LAYERS
from nntrain.export.c_program import FLAGS, c_files
from nntrain.export.int8 import quantize, quantized
from nntrain.export.int8_activations import ROUNDED, Activations, best_scale, whole
from nntrain.layers import (
    GRU,
    Attention,
    ClassToken,
    Concatenate,
    Conv1d,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    Identity,
    Product,
    ReLU,
    Reshape,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
pytestmark = pytest.mark.skipif(not COMPILERS, reason="no C compiler")


def write(folder, described, name="net", weights=None, activations=None):
    for file, content in c_files(described, f"{name}.c", weights or {}, activations).files.items():
        (folder / file).write_bytes(content)


MAIN = """#include <stdio.h>
{includes}

int main(void)
{{
    static double numbers[100000];
{calls}
    return 0;
}}
"""
CALL = """    {{
        static {given} x[{P}_INPUTS];
        static {real} z[{P}_OUTPUTS];
        const int steps[] = {{{steps}}};
        for (size_t m = 0; m < sizeof steps / sizeof *steps; m++) {{
            if (fread(numbers, sizeof *numbers, {P}_INPUTS, stdin) != {P}_INPUTS)
                return 1;
            for (int i = 0; i < {P}_INPUTS; i++)
                x[i] = ({given})numbers[i];
            {p}_scores(x{given_steps}, z);
            for (int i = 0; i < {P}_OUTPUTS; i++)
                numbers[i] = z[i];
            fwrite(numbers, sizeof *numbers, {P}_OUTPUTS, stdout);
        }}
    }}
"""


def run_all(folder, networks, compiler, dtype, lengths=None):
    """One program of many networks, name -> (network, X): what each says to its examples, of these lengths."""
    real = {"float32": "float", "float64": "double"}[dtype]
    calls = ""
    for name, (_, X) in networks.items():
        given, steps = "int" if X.dtype.kind == "i" else real, (lengths or {}).get(name)
        each = [1] * X.shape[-1] if steps is None else steps
        words = {"steps": ", ".join(map(str, each)), "given_steps": "" if steps is None else ", steps[m]"}
        calls += CALL.format(given=given, real=real, p=name, P=name.upper(), **words)
    includes = "\n".join(f'#include "{name}.h"' for name in networks)
    (folder / "main.c").write_text(MAIN.format(includes=includes, calls=calls))
    command = [compiler, *FLAGS, *SANITIZERS, "-O1", "main.c", *(f"{name}.c" for name in networks), "-o", "main", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:3000]
    given = b"".join(np.moveaxis(X, -1, 0).astype(np.float64).tobytes() for _, X in networks.values())
    done = subprocess.run(["./main"], cwd=folder, input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[:3000]
    return np.frombuffer(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_layer(compiler, dtype, tmp_path):
    check_layers(compiler, dtype, CHOSEN, tmp_path)


def test_a_sample_of_the_layers(tmp_path):
    check_layers(COMPILERS[0], "float32", CHOSEN[::11], tmp_path)


def check_layers(compiler, dtype, cases, tmp_path):
    networks = {}
    for i, case in enumerate(cases):
        network = of_case(case, dtype)
        if not known(case.layer, LAYERS):
            with pytest.raises(ConfigError, match="cannot be written as C"):
                write(tmp_path, plainly(network))
            continue
        networks[f"net_{i}"] = network, inputs(case.shape, 2, dtype)
        write(tmp_path, plainly(network), f"net_{i}")
    assert len(networks) > len(cases) / 2
    said = run_all(tmp_path, networks, compiler, dtype)
    wanted = [outputs(network, X) for network, X in networks.values()]
    ends = np.cumsum([Z.size for Z in wanted])
    for (network, _), Z, z in zip(networks.values(), wanted, np.split(said, ends[:-1]), strict=True):
        difference = np.abs(z - Z.reshape(-1)).max() / max(1, np.abs(Z).max())
        assert difference <= {"float32": 1e-5, "float64": 1e-10}[dtype], network.root


MEETING = [  # branches that end after different numbers of steps: those count that count in each
    Residual((Conv1d(3, 3, padding="same"), ReLU(), Conv1d(3, 5, padding=2))),
    Residual((Conv1d(4, 3, padding=1, stride=2),), shortcut=(Conv1d(4, 1, stride=2, padding="same"),)),
    Residual((Conv1d(3, 2, stride=2),), shortcut=(Conv1d(3, 2, stride=2, padding="same"),)),
    Concatenate((Conv1d(2, 2, stride=2, padding="same"), Conv1d(3, 2, stride=2))),
    Concatenate((Conv1d(2, 2, stride=2), (Reshape((4, 6)), Tanh()))),
    Product((Conv1d(2, 2, stride=2, padding="same"), (Conv1d(2, 2, stride=2), Sigmoid()))),
    Product((Identity(), (GlobalAvgPool(), Sigmoid()))),
    Sequential((Conv1d(4, 3), Conv1d(4, 3, stride=2), GRU(3, bidirectional=True), Conv1d(2, 2, padding=1), Flatten())),
    Sequential((ClassToken(), Conv1d(4, 3, padding="same", stride=2), Attention(2), GlobalMaxPool())),
]
OF_LENGTHS = [*(case for _, case in PADDED), *(Case(layer, (8, 3)) for layer in MEETING)]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_layer_knows_which_steps_count(compiler, dtype, tmp_path):
    check_lengths(compiler, dtype, OF_LENGTHS, tmp_path)


def test_a_sample_of_the_layers_knows_which_steps_count(tmp_path):
    check_lengths(COMPILERS[0], "float32", OF_LENGTHS[::7], tmp_path)


def check_lengths(compiler, dtype, cases, tmp_path):
    networks, all_lengths, wanted = {}, {}, []
    for i, case in enumerate(cases):
        lengths = np.arange(1, case.shape[0] + 1)
        network, X = of_case(case, dtype), inputs(case.shape, len(lengths), dtype)
        described = replace(plainly(network), padded=True)
        networks[f"net_{i}"], all_lengths[f"net_{i}"] = (network, X), lengths
        write(tmp_path, described, f"net_{i}")
        after, Z = network.root.output_lengths(lengths), outputs(network, X, lengths)
        counts = np.ones(Z.shape, bool)
        if after is not None:
            counts[...] = (np.arange(Z.shape[1]) < after[:, None])[..., None]
        wanted.append((Z, counts))
    said = run_all(tmp_path, networks, compiler, dtype, all_lengths)
    for name, (Z, counts), z in zip(
        networks, wanted, np.split(said, np.cumsum([Z.size for Z, _ in wanted])[:-1]), strict=True
    ):
        difference = np.abs(z.reshape(Z.shape) - Z)[counts].max() / max(1, np.abs(Z[counts]).max())
        assert difference <= {"float32": 1e-5, "float64": 1e-10}[dtype], networks[name][0].root


WITH_PRODUCTS = [
    case for case in CHOSEN if known(case.layer, LAYERS) and any(type(one) in ROUNDED for one in within(case.layer))
]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_layer_with_int8_weights_and_activations(compiler, dtype, tmp_path):
    check_int8(compiler, dtype, WITH_PRODUCTS, tmp_path)


def test_a_sample_of_the_layers_with_int8_weights_and_activations(tmp_path):
    check_int8(COMPILERS[0], "float32", WITH_PRODUCTS[::5], tmp_path)


def check_int8(compiler, dtype, cases, tmp_path):
    networks, all_lengths, wanted, sure = {}, {}, [], []
    for i, case in enumerate(cases):
        lengths = case.context(2).lengths
        padded, m = lengths is not None, 2 if lengths is None else len(lengths)
        network, X = of_case(case, dtype), inputs(case.shape, m, dtype)
        described, activations = replace(plainly(network), padded=padded), Activations()
        examples, their_lengths = inputs(case.shape, 50, dtype, seed=2), np.resize(lengths, 50) if padded else None
        found = quantize(SimpleNamespace(networks={"": network}), partial(outputs, network, examples, their_lengths))
        activations.into(network)
        outputs(network, examples, their_lengths)
        assert activations.scales
        activations.doubtful = None
        Z = outputs(network, X, lengths)
        counts = np.ones(Z.shape, bool)
        if padded and (after := network.root.output_lengths(lengths)) is not None:
            counts[...] = (np.arange(Z.shape[1]) < after[:, None])[..., None]
        wanted.append(Z)
        sure.append(counts & ~activations.doubtful.reshape(-1, *[1] * (Z.ndim - 1)))
        networks[f"net_{i}"] = network, X
        if padded:
            all_lengths[f"net_{i}"] = lengths
        write(tmp_path, described, f"net_{i}", found, activations)
        assert "_int8(" in (tmp_path / f"net_{i}.c").read_text()
    said = run_all(tmp_path, networks, compiler, dtype, all_lengths)
    assert sum(one.any() for one in sure) > 0.9 * len(cases)
    for Z, z, keep in zip(wanted, np.split(said, np.cumsum([Z.size for Z in wanted])[:-1]), sure, strict=True):
        difference = np.abs(z.reshape(Z.shape) - Z)[keep].max(initial=0) / max(1, np.abs(Z).max())
        assert difference <= {"float32": 1e-5, "float64": 1e-10}[dtype]


def test_activations_are_the_nearest_of_255_steps_and_the_scale_cuts_off_what_is_seldom():
    X = np.array([-300, -1.5, -0.49, 0.5, 1.49, 126.4, 127.5, 1e9, np.inf], np.float32)
    np.testing.assert_array_equal(whole(X, 1.0), [-127, -2, 0, 1, 1, 126, 127, 127, 127])
    assert best_scale(np.linspace(-1, 1, 1000, dtype=np.float32)) == pytest.approx(1 / 127)
    assert best_scale(np.append(np.linspace(-1, 1, 100_000), 3).astype(np.float32)) < 2.9 / 127
    assert best_scale(np.zeros((2, 3), np.float32)) > 0


def test_weights_alone_where_rounded_activations_would_cost_more_than_half_a_point(mlp, nntrain, tmp_path, monkeypatch):
    monkeypatch.setattr("nntrain.export.int8_activations.best_scale", lambda X: 1.0)
    result = nntrain("export", mlp, "-o", "q.c", "--int8")
    before, after = map(float, re.search(r"int8: accuracy (\S+) -> (\S+) on the test part", result.stderr).groups())
    assert re.search(r"int8: weights alone; with activations accuracy \S+ -> \S+\n", result.stderr)
    assert before - after <= 0.005
    assert "verified" in result.stderr
    assert "dense_int8" not in (tmp_path / "q.c").read_text()


def test_c_has_every_layer():
    assert all(type(one) in LAYERS for case in CHOSEN for one in within(case.layer))


SAMPLE = ["digits_cnn.yaml", "wine_quality.yaml"]


PREDICTING = [n for n in CONFIGS if not is_text(n)]


@pytest.mark.parametrize("name", [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.slow) for n in PREDICTING])
def test_every_config(name, nntrain, configs, tmp_path):
    run = train(nntrain, configs, name, tmp_path)
    result = nntrain("export", run, "-o", "net.c")
    found = re.search(r"verified: \w+ on \d+ examples: largest difference (\S+)", result.stderr)
    assert float(found[1]) < 1e-5
    assert (tmp_path / "net.h").exists()


def test_labels_have_names_and_the_program_of_ones_own_is_this_short(mlp, nntrain, tmp_path):
    nntrain("export", mlp, "-o", "digits.c", "--no-verify")
    (tmp_path / "main.c").write_text("""
#include <stdio.h>
#include "digits.h"

int main(void)
{
    float x[DIGITS_INPUTS];
    int label;
    while (fread(x, sizeof x, 1, stdin) == 1) {
        digits_label(x, &label);
        puts(digits_labels[label]);
    }
    return 0;
}
""")
    subprocess.run([COMPILERS[0], *FLAGS, "main.c", "digits.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    X = inputs_of(loaded_of(mlp)).astype(np.float32)
    np.save(tmp_path / "x.npy", X)
    printed = subprocess.run(
        ["./main"], cwd=tmp_path, input=X.tobytes(), capture_output=True, check=True
    ).stdout.decode()
    assert printed == nntrain("predict", mlp, "x.npy").stdout.removeprefix("prediction\n")


def test_it_allocates_nothing_and_knows_no_library_but_libm(mlp, nntrain, tmp_path):
    nntrain("export", mlp, "-o", "digits.c", "--no-verify")
    text = (tmp_path / "digits.c").read_text()
    assert set(re.findall(r"#include (\S+)", text)) == {"<math.h>", "<stddef.h>", "<stdint.h>", '"digits.h"'}
    assert not re.search(r"alloc|free\(", text)
    assert "static real scratch[DIGITS_SCRATCH];" in text


def test_a_name_of_a_class_may_be_anything(mlp):
    described = plainly(of_case(CHOSEN[0]))
    words = ('a"b\\', "*/ é", "??/", "plain")
    decision = replace(described.decision, labels=words, activation="softmax")
    source = c_files(replace(described, decision=decision, name="*/ x"), "1 net.c", {}).files["1 net.c"].decode()
    assert r'{"a\042b\134", "*/ \303\251", "\077\077/", "plain"}' in source
    assert "n1_net_predict" in source


def test_int8_weights_stand_for_the_nearest_of_255_steps_of_each_row():
    W = np.random.default_rng(0).standard_normal((4, 30)).astype(np.float32)
    found = quantized(W, 1.0)
    assert found.values.dtype == np.int8
    assert (np.abs(found.values).max(axis=1) == 127).all()
    assert (np.abs(found.weights - W) <= found.scale[:, None] / 2 * 1.001).all()
    np.testing.assert_array_equal(quantized(np.zeros((2, 3), np.float32), 1.0).weights, 0)


def test_int8_says_what_it_costs_and_is_held_to_the_rounded_weights(mlp, nntrain, tmp_path):
    result = nntrain("export", mlp, "-o", "q.c", "--int8")
    assert "int8: activations too\n" in result.stderr
    before, after = map(float, re.search(r"int8: accuracy (\S+) -> (\S+) on the test part", result.stderr).groups())
    assert before - after <= 0.005
    assert "verified" in result.stderr
    assert "typedef int8_t weight;" in (tmp_path / "q.c").read_text()


@pytest.mark.parametrize("options", [[], ["--int8"]])
def test_sequences_of_different_lengths_give_their_number_of_steps(nntrain, configs, tmp_path, options):
    run = train(nntrain, configs, "names_languages.yaml", tmp_path)
    told = nntrain("export", run, "-o", "net.c", *options).stderr
    assert float(re.search(r"verified: \w+ on \d+ examples: largest difference ([^\s;]+)", told)[1]) < 1e-5
    header = (tmp_path / "net.h").read_text()
    assert "void net_label(const int *x, int steps, int *label); /* numbers of 1 classes */" in header
    assert re.search(r"#define NET_STEPS \d+\n", header)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits_mlp", "digits_cnn"])
def test_int8_costs_half_a_point_at_most(name, nntrain, configs, tmp_path):
    run = nntrain("fit", "-q", configs / f"{name}.yaml").stdout.strip()
    result = nntrain("export", run, "-o", "q.c", "--int8")
    before, after = map(float, re.search(r"int8: accuracy (\S+) -> (\S+) on the test part", result.stderr).groups())
    assert before - after <= 0.005


def test_no_name_ends_a_comment_or_turns_its_direction():
    for name in ("a */ int x; /*", "a\\\nb", "\u202eevil", "\x1b[31m", "a\rb", "\u2028", "\udcff"):
        words = comment(f"{name}!")
        assert (words.isprintable(), words.isascii()) == (True, True)
        assert not any(sign in words for sign in ("*/", "/*", "\n"))
