"""The JSON Schema accepts what the reader accepts, and knows every field."""

import functools
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from config import language_server

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
        (("dens",), "components: no kind and no component 'dens'; did you mean 'dense'?"),
        (("FullyConnected",), "components: no kind and no component 'FullyConnected'; did you mean 'dense'?"),
        (("layer", "dens"), "components: no layer 'dens'; did you mean 'dense'?"),
    ],
)
def test_help_for_what_is_not_there_suggests(files, arguments, said):
    with pytest.raises(ConfigError, match="did you mean") as caught:
        config.describe(*arguments)
    assert str(caught.value) == said


def test_an_editor_is_offered_what_stands_alone_once_and_told_what_a_component_takes(files):
    schema = config.json_schema()
    assert all(schema["properties"][key] is True for key in schema["else"]["properties"])
    offered = {}
    for spelling in schema["$defs"]["layer"]["anyOf"]:
        for name, below in spelling.get("properties", {}).items():
            offered[name] = not below.get("doNotSuggest", False)
    assert (offered["dense"], offered["relu"]) == (True, False)
    told = schema["$defs"]["layer.dense"]["errorMessage"]
    assert told == "dense takes units (a whole number >= 1), bias, init and name"
    assert "no optimizer of this name; there are " in schema["$defs"]["optimizer"]["anyOf"][0]["errorMessage"]


HEAD = "# yaml-language-server: $schema=nntrain.schema.json\ndataset: digits\nloss: cross_entropy\n"
HEAD += "optimizer: adam\ntraining: {epochs: 3}\narchitecture:\n"


@pytest.mark.slow
def test_the_language_server_of_editors_completes_what_fit_accepts_and_says_what_is_wrong(tmp_path):
    command = language_server.find()
    if command is None:
        pytest.skip("no yaml-language-server: npm install yaml-language-server")
    (tmp_path / "nntrain.schema.json").write_text(json.dumps(config.json_schema()))
    editor = language_server.Editor(command, tmp_path)
    try:
        assert editor.open(HEAD + "  - flatten\n  - dense: 10\n") == []
        at = HEAD.count("\n")
        for wrong in ("dense: {}", "dense: {units: 3, bais: true}", "{type: dense, unit: 3}"):
            said = {text for _, text in editor.open(f"{HEAD}  - {wrong}\n")}
            assert said == {"dense takes units (a whole number >= 1), bias, init and name"}, wrong
        assert editor.open(f"{HEAD}  - relu: relu\n") == [(at, "relu takes name")]
        layers = editor.completions(f"{HEAD}  - ", at, 4)
        bare = [name for name, text in layers.items() if text == name]
        assert {"relu", "flatten", "batch_norm"} <= set(bare)
        assert not any(text == f"{name}: ${{1:{name}}}" for name, text in layers.items())  # relu: relu
        for name in bare:
            config.read(yaml.safe_load(f"{HEAD}  - {name}\n"))
        assert editor.completions("# yaml-language-server: $schema=nntrain.schema.json\n", 1, 0)["loss"] == "loss: "
    finally:
        editor.close()
