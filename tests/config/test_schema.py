"""The JSON Schema accepts what the reader accepts, and knows every field."""

import functools
from pathlib import Path

import jsonschema
import pytest
import yaml

from nntrain import config
from nntrain.components import KINDS, find
from nntrain.errors import ConfigError

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


@functools.cache
def validator():
    """Made once, with the components of the tests in it: every test has the same."""
    return jsonschema.Draft202012Validator(config.json_schema())


@pytest.fixture
def valid(files):
    return lambda text: validator().is_valid(yaml.safe_load(text))


def test_the_schema_itself_is_a_schema(files):
    jsonschema.Draft202012Validator.check_schema(config.json_schema())


def test_configs_are_valid(files, valid):
    assert valid(files.MLP)
    assert valid(files.GAN)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_that_ship_are_valid(valid, path):
    assert valid(path.read_text("utf-8"))


def test_resolved_configs_are_valid(files, valid):
    assert valid(files.config(files.MLP).to_yaml())
    assert valid(files.config(files.GAN).to_yaml())


@pytest.mark.parametrize(
    "layer",
    [
        *("relu", "{relu: }", "{relu: {}}", "{type: relu, name: a}", "dense: 3", "{dense: {units: 3}}"),
        *("{type: dense, units: 3}", "[relu, {dense: 3}]", "$architecture.1", "'${architecture.1}'"),
        *("dense: $dataset.classes", "dense: {units: 3, init: {constant: 0.5}}", "dense: {units: 3, init: $x.y}"),
        *("residual: [relu]", "residual: [[relu]]", "probe: {size: [1, 2], padding: same, weights: {0: 1.5}}"),
        *("probe: {inner: [relu], text: 5, where: a.csv}", "probe: {init: null, share: 0.5}", "probe: {share: a.csv}"),
    ],
)
def test_all_spellings_and_references_are_valid(files, valid, layer):
    text = files.MLP.replace("- relu", f"- {layer}")
    assert valid(text)
    if "$" not in layer or "1" in layer or "classes" in layer:
        files.read(text)


@pytest.mark.parametrize(
    "layer",
    [
        *("rellu", "{relu: 3}", "dense", "{dense: }", "{dense: 0}", "{dense: 2.5}", "{dense: {units: 3, unit: 4}}"),
        *(
            "{type: dense}",
            "{units: 3}",
            "{dense: 3, name: x}",
            "3",
            "probe: {size: [1, 2, 3]}",
            "probe: {padding: smae}",
        ),
        *("probe: {number: 2}", "probe: {flag: 1}", "probe: {weights: {a: b}}", "probe: {init: relu}", "dense: $a b"),
    ],
)
def test_what_the_reader_refuses_is_invalid(files, valid, layer):
    text = files.MLP.replace("- relu", f"- {layer}")
    assert not valid(text)
    assert files.problems(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [("loss: ", "los: "), ("loss: cross_entropy\n", ""), ("seed: 0", "seed: a"), ("epochs: 20", "epoks: 20")],
)
def test_top_level_keys_are_checked(files, valid, old, new):
    assert not valid(files.MLP.replace(old, new))


@pytest.mark.parametrize("text", ["architecture: []\n", "architecture: {generator: [], discriminator: [relu]}\n"])
def test_a_network_has_a_layer(files, valid, text):
    whole = files.MLP if "[]\n" in text else files.GAN
    before, _, rest = whole.partition("architecture:")
    whole = before + text + rest[rest.index("loss:") :]
    assert not valid(whole)
    (line,) = files.problems(whole)
    assert "expected a list of layers, got a list of 0; it needs 1 or more" in line
    number = whole.splitlines().index(text.strip()) + 1
    assert line.startswith(f"mlp.yaml:{number}:{text.index('[]') + 1}: error: architecture")
    assert not valid(f"extends: base.yaml\n{text}")


def test_with_extends_nothing_is_required(files, valid):
    for text in (
        "extends: base.yaml\n",
        "extends: base.yaml\noptimizer: {lr: 0.5}\ntraining: {loop: {latent: 3}, early_stopping: {min_delta: 0.5}}\n",
        "extends: base.yaml\ndataset: {batch_size: 3}\noptimizer: {generator: {lr: 0.5}}\n",
        "extends: base.yaml\narchitecture: [relu]\n",
    ):
        assert valid(text)
    for text in ("extends: base.yaml\noptimzer: adam\n", "extends: base.yaml\noptimizer: {lrr: 1}\n", "extends: 3\n"):
        assert not valid(text)
    assert not valid("seed: 3\n")


def test_fields_carry_meaning_default_and_range(files):
    defs = config.json_schema()["$defs"]
    rate = defs["optimizer.sgd"]["properties"]["momentum"]
    assert rate["description"]
    assert rate["default"] == 0.0
    assert {"type": "number", "minimum": 0, "exclusiveMaximum": 1} in rate["anyOf"]
    for kind in KINDS:
        for name in find(kind):
            for field in defs[f"{kind}.{name}"]["properties"].values():
                assert field["description"]


def test_help_lists_every_component_and_argument(files):
    everything = config.describe()
    for kind in KINDS:
        assert f"\n{kind}\n" in f"\n{everything}"
        text = config.describe(kind)
        for name in find(kind):
            assert f"  {name}" in everything
            assert f"{kind} {name}\n" in text
    text = config.describe("optimizer", "sgd")
    assert "\n    momentum      a number >= 0 and < 1  default 0.0    share" in text
    assert config.describe("dense") == config.describe("layer", "dense")
    assert "\n      patience " in config.describe("training")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("layers",), "components: no kind 'layers'; did you mean 'layer'?"),
        (("layer", "dens"), "components: no layer 'dens'; did you mean 'dense'?"),
    ],
)
def test_help_for_what_is_not_there_suggests(files, arguments, said):
    with pytest.raises(ConfigError, match="did you mean") as caught:
        config.describe(*arguments)
    assert str(caught.value) == said
