"""Every problem at once, each with file, line, column, path and what to do."""

import pytest

from nntrain import config
from nntrain.errors import ConfigError


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("momentum", "momentun", "10:33: error: optimizer: sgd has no 'momentun'; did you mean 'momentum'?"),
        ("- dense: 64", "- dens: 64", "6:5: error: architecture.1: no layer 'dens'; did you mean 'dense'?"),
        ("- relu", "- Relu", "7:5: error: architecture.2: no layer 'Relu'; did you mean 'relu'?"),
        ("- relu", "- leaky relu", "7:5: error: architecture.2: no layer 'leaky relu'; did you mean 'leaky_relu'?"),
        ("- relu", "- cross_entropy", "7:5: error: architecture.2: 'cross_entropy' is a loss, not a layer"),
        ("- relu", "- relu: 3", "7:5: error: architecture.2: relu has no main argument; write {type: relu, …}"),
        ("- relu", "- relu: {slope: 3}", "7:12: error: architecture.2: relu has no 'slope'"),
        ("- relu", "- 3", "7:5: error: architecture.2: expected a layer, got 3"),
        ("- relu", "-", "7:4: error: architecture.2: expected a layer, got nothing"),
        ("- relu", "- dense", "7:5: error: architecture.2: dense needs 'units': "),
        ("- relu", "- dense:", "7:5: error: architecture.2: dense needs 'units': "),
        ("- relu", "- {type: dens}", "7:12: error: architecture.2: no layer 'dens'; did you mean 'dense'?"),
        ("- relu", "- {type: [a]}", "7:12: error: architecture.2: expected a layer, got a list of 1"),
        (
            "- relu",
            "- {dense: 64, name: x}",
            "7:5: error: architecture.2: arguments stand beside 'dense'; write {type: dense, units: …, name: …}",
        ),
        ("- relu", "- {units: 64, name: x}", "architecture.2: expected a layer, got a mapping without 'type'"),
        (
            "- relu",
            "- {dense: {units: 3, name: logits}}",
            "architecture.3: the name 'logits' is taken by architecture.2 in",
        ),
        ("- relu", "- {dense: {units: 3, name: dense_1}}", "the name 'dense_1' is taken by architecture.1 in line 6"),
        ("- relu", "- dropout: 1.5", "7:14: error: architecture.2.rate: expected a number"),
        ("lr: 0.1", "lr: 0,1", "error: optimizer: sgd has no '1'"),
        ("loss: cross_entropy", "los: cross_entropy", "9:1: error: unknown key 'los'; did you mean 'loss'?"),
        ("loss: cross_entropy\n", "", "1:1: error: needs 'loss': what is minimised"),
        ("loss: cross_entropy", "loss: crossentropy", "no loss 'crossentropy'; did you mean 'cross_entropy'?"),
        ("seed: 0", "seed: -1", "2:7: error: seed: expected a whole number >= 0, got -1"),
        ("seed: 0", "dtype: float16", "2:8: error: dtype: expected float32 or float64, got 'float16'"),
        ("name: digits-mlp", "name: ../x", "1:7: error: name: names a directory: expected letters"),
        ("name: digits-mlp", f"name: {'é' * 150}", "(at most 200 bytes), got 'é"),
        ("dataset: {type: digits", "dataset: {type: didgits", "did you mean 'digits'?"),
        ("test: 0.2", "test: 1.2", "3:48: error: dataset.test: expected a number >= 0 and < 1, got 1.2"),
        (
            "metrics: [accuracy]",
            "metrics: accuracy",
            "12:10: error: metrics: expected a list of metrics, got 'accuracy'",
        ),
        ("metrics: [accuracy]", "metrics: [accuracy, accuracy]", "12:10: error: metrics: accuracy is listed twice"),
        ("epochs: 20, ", "", "13:11: error: training: needs epochs or steps"),
        ("epochs: 20", "epochs: 0", "13:20: error: training.epochs: expected a whole number >= 1, got 0"),
        (
            "epochs: 20",
            "epochs: 1e4",
            "13:20: error: training.epochs: expected a whole number >= 1, got 10000.0; write 10000",
        ),
        ("seed: 0", "seed: 7.0", "2:7: error: seed: expected a whole number >= 0, got 7.0; write 7"),
        ("{patience: 5}", "5", "training.early_stopping: expected a mapping of patience and min_delta, got 5"),
        ("{patience: 5}", "{}", "training.early_stopping: needs 'patience'"),
        ("{patience: 5}", "{patients: 5}", "unknown key 'patients'; did you mean 'patience'?"),
        (
            "epochs: 20",
            "epochs: 2, evaluate: {epochs: 1, steps: 2}",
            "evaluate: takes one of epochs, steps, got epochs and",
        ),
        (
            "validation.accuracy",
            "validation.acuracy",
            "13:49: error: training.monitor: expected validation.loss, validation.cost, validation.accuracy, "
            "train.loss, train.cost or train.accuracy, got 'validation.acuracy'; did you mean 'validation.accuracy'?",
        ),
        ("validation.accuracy", "validation.f1", "got 'validation.f1'; list the metric under metrics"),
        ("momentum: 0.9", "nesterov: true", "10:12: error: optimizer: sgd: nesterov needs momentum; set momentum: 0.9"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_remedy(files, old, new, said):
    assert old in files.MLP
    lines = files.problems(files.MLP.replace(old, new))
    assert any(said in line and line.startswith("mlp.yaml:") for line in lines), lines


def test_all_problems_come_at_once_in_the_order_of_the_file(files):
    text = files.MLP.replace("seed", "sede").replace("dense: 64", "dense: -1").replace("relu", "rellu")
    text = text.replace("momentum", "momentun").replace("patience: 5", "patience: 0.5")
    lines = files.problems(text, "optimizer.lr=fast")
    assert [line.split(": error: ")[0] for line in lines] == [
        "mlp.yaml:2:1",
        "mlp.yaml:6:12",
        "mlp.yaml:7:5",
        "mlp.yaml:10:33",
        "mlp.yaml:13:97",
        "override optimizer.lr",
    ]


def test_a_python_mapping_names_paths_instead_of_lines(files):
    with pytest.raises(ConfigError) as caught:
        config.read(
            {"dataset": "digits", "architecture": [{"dens": 3}], "loss": "mse", "optimizer": {"sgd": {"lr": "x"}}}
        )
    assert caught.value.problems == (
        "architecture.0: error: no layer 'dens'; did you mean 'dense'?",
        "optimizer.lr: error: expected a number >= 0, got 'x'",
        "config: error: needs 'training': how long, what is watched, when state is saved",
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", 1j, print])
def test_a_python_mapping_holds_plain_values(files, value):
    with pytest.raises(ConfigError, match="seed: error: expected a value as YAML has them, got a value of type"):
        config.read({"seed": value})


def test_a_mapping_that_contains_itself_is_refused():
    loop: dict = {}
    loop["a"] = loop
    with pytest.raises(ConfigError, match="is not a config"):
        config.read(loop)


def test_long_values_are_shortened_and_control_characters_escaped(files):
    line = files.probe_problem(f'whole: "{"x" * 500}"')
    assert len(line) < 200
    assert "xxx…xxx" in line
    assert r"got 'a\x1b[31m\n'" in files.probe_problem(r'whole: "a\e[31m\n"')
    (line,) = files.problems(files.MLP.replace("seed:", '"se\\ned\\a":'))
    assert r"unknown key 'se\ned\x07'" in line


def test_components_remember_their_place(files):
    made = files.config(files.MLP)
    assert made.place(made.architecture[3]).error("no") == "mlp.yaml:8:5: error: architecture.3: no"
    assert made.place(made.loss).error("no") == "mlp.yaml:9:7: error: loss: no"
    assert made.place(made.training).error("no") == "mlp.yaml:13:11: error: training: no"
    assert made.place(made).error("no") == "mlp.yaml:1:1: error: no"
    place = made.place(made.architecture[1])
    assert (place.file, place.line, place.column, place.path) == ("mlp.yaml", 6, 5, "architecture.1")
    nested = files.probe("layers: [relu, {dense: 3}]")
    again = files.config(files.MLP.replace("- relu", "- probe: {layers: [relu, {dense: 3}]}"))
    assert again.architecture[2] == nested
    assert again.place(again.architecture[2].layers[1]).path == "architecture.2.layers.1"


def test_a_name_that_the_file_does_not_give_is_made_safe_for_a_directory(files):
    text = files.MLP.replace("name: digits-mlp\n", "")
    for file, name in [("a b.yaml", "a b"), ("..x.yaml", "x"), ("Übung 1.yaml", "Übung 1"), ("a:b*.yaml", "a-b-")]:
        assert config.read(files.write(text, file)).name == name
    long = "ä" * 120
    assert config.read(files.write(text, f"{long}.yaml")).name == "ä" * 100
