"""The program that needs NumPy alone says, to the byte, what nntrain says."""

import builtins
import dis
import runpy
import subprocess
import sys
from dataclasses import replace
from types import CodeType

import numpy as np
import pytest
from export.networks import CHOSEN, LABELS, inputs, known, of_case, outputs
from export.runs import CONFIGS, inputs_of, is_text, loaded_of, train

from nntrain.errors import ConfigError
from nntrain.export import numpy_activations, numpy_functions, numpy_sequences
from nntrain.export.bundle import bundle
from nntrain.export.description import Decision, Description, Inputs
from nntrain.export.numpy_layers import LAYERS
from nntrain.export.numpy_program import source
from nntrain.export.placed import place
from nntrain.layers import Symbols
from nntrain.layers.branches import Branches
from nntrain.layers.containers import Chain


def plainly(network):
    """A description of a network with nothing around it."""
    kind = np.dtype(np.int64) if isinstance(network.input_shape, Symbols) else network.dtype
    plain = Inputs(tuple(network.input_shape), kind, None, None, None, None, None, None, None)
    nothing = Decision(None, None, False, 0.0, False, None, None, None)
    return Description("test", network.dtype, plain, place(network), nothing, 256, False)


def has(layer):
    """Whether the program can say the layer, and all inside it."""
    return known(layer, {*LAYERS, *Chain.__subclasses__(), *Branches.__subclasses__()})


@pytest.mark.parametrize("case", CHOSEN, ids=LABELS)
def test_every_layer_to_the_bit(case, tmp_path):
    network = of_case(case)
    if not has(case.layer):
        with pytest.raises(ConfigError, match="cannot be written as a program of NumPy"):
            source(plainly(network), "x.py")
        return
    text = source(plainly(network), "x.py")
    (tmp_path / "x.py").write_text(text)
    scores = runpy.run_path(tmp_path / "x.py")["scores"]
    for m in (1, 40):
        X = inputs(case.shape, m)
        np.testing.assert_array_equal(scores(np.moveaxis(X, -1, 0)), outputs(network, X))


def of_steps(case):
    return len(case.shape) == 2 and (isinstance(case.shape, Symbols) or case.context(5).lengths is not None)


PADDED = [(label, case) for label, case in zip(LABELS, CHOSEN, strict=True) if of_steps(case)]


@pytest.mark.parametrize("case", [case for _, case in PADDED], ids=[label for label, _ in PADDED])
def test_every_layer_knows_which_steps_count_to_the_bit(case, tmp_path):
    network = of_case(case)
    text = source(replace(plainly(network), padded=True), "x.py")
    (tmp_path / "x.py").write_text(text)
    program = runpy.run_path(tmp_path / "x.py")
    X, lengths = inputs(case.shape, 5), np.array([1, case.shape[0], 2, 1, case.shape[0] - 1]).clip(1)
    Z, found = outputs(network, X, lengths), program["scores"](np.moveaxis(X, -1, 0), lengths)
    if (after := network.root.output_lengths(lengths)) is not None:
        counts = (np.arange(Z.shape[1]) < after[:, None])[..., None]
        Z, found = np.where(counts, Z, 0), np.where(counts, found, 0)
    np.testing.assert_array_equal(found, Z)
    np.testing.assert_array_equal(program["scores"](np.moveaxis(X, -1, 0)), outputs(network, X))


def check(run, nntrain, tmp_path, capsys, source_file=None):
    """The printed predictions of a run and of its program are the same bytes."""
    loaded = loaded_of(run)
    if source_file is None and loaded.facts.preparation.text is not None:
        source_file = loaded.config.dataset.path
    elif source_file is None:
        source_file = tmp_path / "x.npy"
        np.save(source_file, inputs_of(loaded))
    nntrain("export", run, "-o", "model.py", "--no-verify")
    program = runpy.run_path(tmp_path / "model.py")
    for options in [[], ["--probabilities"]] if loaded.facts.target == "labels" else [[]]:
        said = nntrain("predict", run, source_file, *options).stdout
        capsys.readouterr()
        program["main"]([str(source_file), *options])
        assert capsys.readouterr().out == said
    return program


def functions_of(module):
    return [
        (module.__name__, name)
        for name, one in vars(module).items()
        if getattr(one, "__module__", "") == module.__name__
    ]


def test_every_name_that_a_copied_function_calls_is_copied_too():
    places = [
        place for module in (numpy_functions, numpy_sequences, numpy_activations) for place in functions_of(module)
    ]
    lines, text = bundle(places)
    names = {}
    waiting = [compile("\n".join(["from __future__ import annotations", *lines, text]), "bundle", "exec")]
    exec(waiting[0], names)
    while waiting:
        code = waiting.pop()
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        called = {one.argval for one in dis.get_instructions(code) if one.opname == "LOAD_GLOBAL"}
        assert called <= {*names, *dir(builtins)}, code.co_name


SAMPLE = ["digits_cnn.yaml"]


@pytest.mark.parametrize(
    "name",
    [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.slow) for n in CONFIGS if not is_text(n)],
)
def test_every_config_to_the_byte(name, nntrain, configs, tmp_path, capsys):
    check(train(nntrain, configs, name, tmp_path), nntrain, tmp_path, capsys)


@pytest.mark.parametrize(
    "name",
    [
        "iris",
        "temperatures_lstm",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("logistic_regression", "wine_quality")),
    ],
)
def test_tables_and_series_are_read_as_predict_reads_them(name, nntrain, configs, tmp_path, capsys):
    run = train(nntrain, configs, f"{name}.yaml", tmp_path)
    path = loaded_of(run).config.dataset.path
    check(run, nntrain, tmp_path, capsys, path)


@pytest.mark.parametrize(
    ("gap", "said"),
    [("", ""), ("-999.0", ", missing_values: [-999], unknown: ignore"), ("gone", ", missing_values: [gone]")],
)
def test_words_and_missing_values_of_a_table_are_read_too(gap, said, nntrain, tmp_path, capsys):
    random = np.random.default_rng(0)
    rows = [
        f"{random.choice(['red', 'its', 'blue'])},{x:.3f},{gap if x > 1.5 else x * 2},{'yes' if x > 0 else 'no'}"
        for x in random.normal(size=60)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["colour,a,b,answer", *rows]))
    (tmp_path / "c.yaml").write_text(f"""
dataset: {{type: csv, path: t.csv, standardize: true, missing: mean{said}}}
architecture: [{{dense: 4}}, tanh, {{dense: 2}}]
loss: cross_entropy
optimizer: {{type: sgd, lr: 0.1}}
training: {{steps: 3}}
""")
    run = nntrain("fit", "-q", "c.yaml").stdout.strip()
    check(run, nntrain, tmp_path, capsys, tmp_path / "t.csv")
    column = runpy.run_path(tmp_path / "model.py")["column"]
    with pytest.raises(SystemExit, match="'foo' is no number"):
        column(["1", "foo"], None, 0.5, "")
    if "ignore" in said:
        assert column(["lilac"], ["blue", "red"], 0, "").tolist() == [[0, 0]]
    else:
        with pytest.raises(SystemExit, match="'lilac' is none of blue, red"):
            column(["lilac"], ["blue", "red"], 0, "")


@pytest.mark.parametrize("kind", ["csv", "series"])
def test_numbers_are_read_as_the_config_says_that_they_are_written(kind, nntrain, tmp_path, capsys):
    rows = [f"{1 + i % 7}.00{i % 9},5;{i % 5},25;{i % 3},5" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a;b;y", *rows]))
    said = "target: y" if kind == "csv" else "columns: [a, b, y], target: y, window: 4, horizon: 1"
    (tmp_path / "c.yaml").write_text(f"""
dataset: {{type: {kind}, path: t.csv, standardize: true, decimal: ",", thousands: ".", {said}}}
architecture: [flatten, {{dense: 1}}]
loss: mse
optimizer: {{type: sgd, lr: 0.1}}
training: {{steps: 3}}
""")
    run = nntrain("fit", "-q", "c.yaml").stdout.strip()
    check(run, nntrain, tmp_path, capsys, tmp_path / "t.csv")


def test_it_runs_alone_with_numpy_and_is_short_enough_to_read(mlp, nntrain, tmp_path):
    result = nntrain("export", mlp, "-o", "model.py")
    assert "verified: Python on 200 examples: largest difference 0" in result.stderr
    np.save(tmp_path / "x.npy", np.zeros((3, 1, 8, 8), np.uint8))
    alone = [sys.executable, "-I", "model.py", "x.npy"]
    printed = subprocess.run(alone, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert printed == nntrain("predict", mlp, "x.npy").stdout
    text = (tmp_path / "model.py").read_text()
    assert "X = dense(p['dense_1.W'], X, p['dense_1.b'])  # dense_1 (64, m): Z = W X + b" in text
    assert "nntrain" not in [line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))]


def test_a_gan_predicts_nothing(nntrain, tmp_path, configs):
    run = train(nntrain, configs, "moons_gan.yaml", tmp_path)
    result = nntrain("export", run, "-o", "x.py", code=2)
    assert "generator and discriminator" in result.stderr


@pytest.mark.parametrize("unit", ["word", "character"])
def test_texts_are_cut_and_read_as_predict_reads_them(unit, nntrain, tmp_path, capsys):
    said = ["good, very good", "it's bad", "so-so bad", "A good one", "bad; bad!", "good"] * 6
    rows = [f'{i},"{text}",{"no" if "bad" in text else "yes"}' for i, text in enumerate(said)]
    (tmp_path / "t.csv").write_text("\n".join(["number,review,answer", *rows]))
    (tmp_path / "c.yaml").write_text(f"""
dataset: {{type: labelled_text, path: t.csv, text: review, unit: {unit}}}
architecture:
  - embedding: 4
  - conv1d: {{filters: 6, kernel: 2, stride: 2}}
  - gru: {{units: 5, output: last}}
  - dense: 2
loss: cross_entropy
optimizer: {{type: sgd, lr: 0.1}}
training: {{steps: 3}}
""")
    run = nntrain("fit", "-q", "c.yaml").stdout.strip()
    (tmp_path / "new.csv").write_text('review,beside\n"never seen, ß",1\ngood,2\n')
    (tmp_path / "lines.txt").write_text("a bad one\n\n  it's good \n")
    for file in ("t.csv", "new.csv", "lines.txt"):
        check(run, nntrain, tmp_path, capsys, tmp_path / file)


def test_an_output_at_every_step_that_counts(nntrain, tmp_path, capsys):
    random = np.random.default_rng(0)
    lengths = random.integers(1, 7, 40)
    X = random.standard_normal((40, 6, 3)).astype(np.float32)
    X[np.arange(6) >= lengths[:, None]] = np.nan
    np.savez(tmp_path / "s.npz", x=X, y=random.integers(0, 3, (40, 6)), steps=lengths)
    (tmp_path / "c.yaml").write_text("""
dataset: {type: npz, path: s.npz, lengths: steps, standardize: true}
architecture: [{lstm: {units: 5, bidirectional: true}}, {dense: 3}]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
training: {steps: 3}
""")
    run = nntrain("fit", "-q", "c.yaml").stdout.strip()
    check(run, nntrain, tmp_path, capsys, tmp_path / "s.npz")
    assert "verified: Python on" in nntrain("export", run, "-o", "s.py").stderr
