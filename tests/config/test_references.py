"""`$a.b` refers to another value of the file or to a fact of the dataset."""

import pytest

from nntrain import config
from nntrain.data.facts import Facts
from nntrain.errors import ConfigError


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("$dataset.classes", 10),
        ("${dataset.classes}", 10),
        ("${ dataset.classes }", 10),
        ("'$dataset.classes'", 10),
        ("$dataset.features", 64),
        ("$dataset.batch_size", 32),
        ("$architecture.1.units", 64),
        ("$architecture.dense_1.units", 64),
        ("$training.early_stopping.patience", 5),
        ("$schedule.warmup", 100),
        ("$training.epochs", 20),
    ],
)
def test_references_stand_for_the_value(files, reference, value):
    text = files.MLP.replace("$dataset.classes", f'"{reference}"' if reference.startswith("${") else reference)
    assert files.config(text).architecture[3].units == value


def test_defaults_can_be_referred_to(files):
    text = files.MLP.replace("momentum: 0.9", "momentum: $optimizer.weight_decay")
    assert files.config(text).optimizer.momentum == 0.0
    assert files.config(files.MLP.replace("warmup: 100", "warmup: $dataset.batch_size")).schedule.warmup == 32
    assert files.config(files.MLP.replace("seed: 0\n", "").replace("warmup: 100", "warmup: $seed")).schedule.warmup == 0


def test_the_number_of_examples_is_an_argument_of_the_datasets_that_draw_them(files):
    moons = files.MLP.replace("{type: digits, validation: 0.1, test: 0.2, batch_size: 32}", "moons")
    assert files.config(moons.replace("warmup: 100", "warmup: $dataset.examples")).schedule.warmup == 400


def test_references_lead_on_and_to_whole_components(files):
    text = files.MLP.replace("dense: 64", "dense: $schedule.warmup").replace("warmup: 100", "warmup: $training.epochs")
    assert files.config(text).architecture[1].units == 20
    made = files.config(files.MLP.replace("- relu", "- $architecture.1"))
    assert made.architecture[2] == made.architecture[1]
    made = files.config(files.GAN.replace("discriminator: adam", "discriminator: $optimizer.generator"))
    assert made.optimizer["discriminator"].lr == 0.0002


def test_facts_of_the_data_are_what_the_loaded_data_say(files):
    draft = files.read(files.MLP)
    assert draft.resolve(Facts((1, 8, 8), "labels", classes=3)).architecture[3].units == 3
    text = files.MLP.replace("$dataset.classes", "$dataset.vocabulary")
    assert files.config(text, facts=Facts((5, 7), "labels", vocabulary=99)).architecture[3].units == 99
    text = files.MLP.replace("$dataset.classes", "$dataset.features")
    assert files.config(text, facts=Facts((5, 7), "values", outputs=2)).architecture[3].units == 7
    text = files.MLP.replace("- relu", "- reshape: $dataset.input_shape")
    assert files.config(text).architecture[2].shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("$dataset.clases", "$dataset.clases: there is no 'clases' in dataset; did you mean 'classes'?"),
        ("$datset.classes", "$datset.classes: there is no 'datset' in this config; did you mean 'dataset'?"),
        ("$optimizer.rate", "$optimizer.rate: there is no 'rate' in optimizer"),
        ("$architecture.9.units", "$architecture.9.units: there is no '9' in architecture"),
        ("$architecture.logits.units", "references go in a circle: architecture.logits.units"),
        ("$optimizer", "architecture.3.units: expected a whole number >= 1, got a mapping"),
        ("$optimizer.lr", "architecture.3.units: expected a whole number >= 1, got 0.1"),
        ("$name", "expected a whole number >= 1, got 'digits-mlp'"),
        ("$dataset.vocabulary", "this dataset has no vocabulary; it has $dataset.classes, $dataset.features"),
        ("$a b", "expected a whole number >= 1, got '$a b'"),
        ("${dataset.classes", "got '${dataset.classes'"),
        ("$", "got '$'"),
    ],
)
def test_a_reference_to_nothing_is_said_where_it_stands(files, reference, said):
    (line,) = files.problems(files.MLP.replace("$dataset.classes", f"'{reference}'"))
    assert line.startswith("mlp.yaml:8:20: error: architecture.3.units: ")
    assert said in line


def test_a_misspelled_reference_is_found_before_the_data_are_loaded(files):
    with pytest.raises(ConfigError, match="did you mean 'classes'"):
        files.read(files.MLP.replace("$dataset.classes", "$dataset.clases"))


def test_a_regression_has_no_classes(files):
    (line,) = files.problems(files.MLP, facts=Facts((13,), "values", outputs=1))
    assert line == (
        "mlp.yaml:8:20: error: architecture.3.units: $dataset.classes: this dataset has no classes, its targets are "
        "values; it has $dataset.features, $dataset.outputs and $dataset.input_shape"
    )


def test_the_dataset_cannot_refer_to_its_own_facts(files):
    (line,) = files.problems(files.MLP.replace("batch_size: 32", "batch_size: $dataset.classes"))
    assert line.endswith("dataset.batch_size: $dataset.classes is known only after the data are loaded")


@pytest.mark.parametrize(
    "changes",
    [
        {"seed: 0": "seed: $seed"},
        {"seed: 0": "seed: $schedule.warmup", "warmup: 100": "warmup: $seed"},
        {"- relu": "- residual: [$architecture.2]"},
        {"- relu": "- residual: $architecture"},
        {"optimizer: {": "optimizer: {momentum: $optimizer, ", ", momentum: 0.9": ""},
    ],
)
def test_references_in_a_circle_are_refused(files, changes):
    text = files.MLP
    for old, new in changes.items():
        text = text.replace(old, new)
    assert all("circle" in line or "got a mapping" in line for line in files.problems(text))


def test_references_cannot_multiply_without_bound(files):
    layers = [f"  - residual: [{', '.join([f'$architecture.{i + 1}'] * 10)}]\n" for i in range(30)]
    text = files.MLP.replace("  - flatten\n", "".join(layers) + "  - flatten\n")
    (line,) = files.problems(text)
    assert line.endswith("references make this config too large or too deep")


def test_a_manifest_needs_no_facts_but_may_not_ask_for_them(files):
    made = files.config(files.MLP)
    saved = made.as_dict()
    saved["architecture"][1]["units"] = "$dataset.classes"
    with pytest.raises(ConfigError, match="known only after the data are loaded"):
        config.Config.from_dict(saved)
