"""The network as ONNX: onnxruntime says what nntrain says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from export.networks import CHOSEN, LABELS, inputs, known, of_case, outputs
from export.runs import CONFIGS, loaded_of, train
from export.test_numpy_program import plainly
from layers.cases import Case

from nntrain.errors import ConfigError
from nntrain.export.description import describe
from nntrain.export.onnx_layers import LAYERS
from nntrain.export.onnx_model import feeds, model, said
from nntrain.export.reference import examples
from nntrain.layers import Sequential, ShapeError, Symbols

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def check(network, case, bound):
    described = plainly(network)
    lengths = case.context(7).lengths
    described = replace(described, padded=lengths is not None)
    if not known(case.layer, LAYERS):
        with pytest.raises(ConfigError, match="cannot be written as ONNX"):
            model(described, raw=True)
        return
    content = model(described, raw=True).SerializeToString()
    for m in (1, 7):
        X, lengths = inputs(case.shape, m, network.dtype), case.context(m).lengths
        fed = {"x": np.moveaxis(X, -1, 0)} | ({} if lengths is None else {"lengths": lengths.astype(np.int64)})
        Z, wanted = said(content, fed)["scores"], outputs(network, X, lengths)
        assert Z.shape == wanted.shape
        after = None if lengths is None else network.root.output_lengths(lengths)
        if after is not None and Z.ndim == 3:
            counts = (np.arange(Z.shape[1]) < after[:, None])[..., None]
            Z, wanted = np.where(counts, Z, 0), np.where(counts, wanted, 0)
        assert np.abs(Z - wanted).max() <= bound * max(1, np.abs(wanted).max())


def random_network(seed, dtype):
    """Layers drawn from the cases, one after another as long as shapes fit."""
    random = np.random.default_rng(seed)
    start = CHOSEN[random.integers(len(CHOSEN))]
    layers, shape = [start.layer], start.layer.declare(start.shape)[0]
    for _ in range(int(random.integers(1, 6))):
        layer = CHOSEN[random.integers(len(CHOSEN))].layer
        try:
            out = layer.declare(shape)[0]
        except ShapeError:
            continue
        if isinstance(shape, Symbols) or np.prod(out) > 10_000:
            continue
        layers, shape = [*layers, replace(layer, name=None)], out
    return Case(Sequential(tuple(layers)), start.shape, start.context)


@pytest.mark.parametrize("seed", [s if s < 24 else pytest.param(s, marks=pytest.mark.slow) for s in range(300)])
def test_random_networks(seed):
    dtype = ("float32", "float64")[seed % 2]
    case = random_network(seed, dtype)
    check(of_case(case, dtype), case, 1e-5 if dtype == "float32" else 1e-10)


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", CHOSEN, ids=LABELS)
def test_every_layer(case, dtype):
    check(of_case(case, dtype), case, 1e-5 if dtype == "float32" else 1e-10)


SAMPLE = [
    "digits_mlp.yaml",
    "wine_quality.yaml",
    "names_gru.yaml",
    "temperatures_lstm.yaml",
    "logistic_regression.yaml",
]
SOME = [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.slow) for name in CONFIGS]


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SOME)
def test_every_config(name, dtype, nntrain, configs, tmp_path):
    run = train(nntrain, configs, name, tmp_path, f"dtype={dtype}")
    loaded = loaded_of(run)
    described, chosen = describe(loaded), examples(loaded, pytest.fail)
    answers = said(model(described).SerializeToString(), feeds(described, chosen.raw, chosen.lengths))
    first = next(iter(answers.values()))
    counts = np.ones(first.shape[:-1], bool)
    if chosen.valid is not None and first.ndim == 3:
        counts = chosen.valid
    assert first.shape == chosen.answers.shape
    difference = np.abs(first - chosen.answers)[counts].max() / max(1, np.abs(chosen.answers[counts]).max())
    assert difference < {"float32": 1e-5, "float64": 1e-10}[dtype]
    if chosen.labels is not None:
        np.testing.assert_array_equal(answers["label"][counts], chosen.labels[counts])


def test_words_are_inputs_and_names_and_units_are_said(nntrain, tmp_path):
    random = np.random.default_rng(0)
    words = random.choice(["red", "green", "blue"], 60)
    rows = [
        f"{w},{x:.3f},2020-01-{1 + i % 28:02d},{'yes' if x > 0 else 'no'}"
        for i, (w, x) in enumerate(zip(words, random.normal(size=60), strict=True))
    ]
    (tmp_path / "t.csv").write_text("\n".join(["colour,length,day,answer", *rows]))
    (tmp_path / "c.yaml").write_text("""
name: words
dataset: {type: csv, path: t.csv, dates: [day], standardize: true, test: 0.5}
architecture: [{dense: 4}, tanh, {dense: 2}]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
training: {steps: 3}
""")
    run = nntrain("fit", "-q", "c.yaml").stdout.strip()
    result = nntrain("export", run, "-o", "model.onnx")
    assert "verified: onnxruntime on 30 examples" in result.stderr
    made = onnx.load(tmp_path / "model.onnx")
    assert [one.name for one in made.graph.input] == ["colour", "length", "day"]
    assert [one.name for one in made.graph.output] == ["probabilities", "label"]
    told = {one.key: one.value for one in made.metadata_props}
    assert told["name"] == "words"
    assert json.loads(told["labels"]) == ["no", "yes"]
    assert json.loads(told["dates"])["day"][0] == "year"


def test_raw_ends_with_the_scores(mlp, nntrain, tmp_path):
    nntrain("export", mlp, "-o", "a.onnx", "--raw")
    made = onnx.load(tmp_path / "a.onnx")
    assert [one.name for one in made.graph.output] == ["scores"]
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "m"
    assert made.opset_import[0].version == 20
