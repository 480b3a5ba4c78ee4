"""`extends: other.yaml` lays a config over another file."""

import pytest

from nntrain import config


def test_mappings_merge_lists_replace_and_a_changed_type_replaces_its_mapping(files):
    files.write(files.MLP, "base.yaml")
    merged = files.config(
        "extends: base.yaml\noptimizer: {lr: 0.5}\ntraining: {epochs: 3}\narchitecture: [flatten, {dense: 10}]\n"
        "schedule: {step: 5}\n"
    )
    base = config.read("base.yaml").resolve(files.DIGITS)
    assert (merged.optimizer.lr, merged.optimizer.momentum) == (0.5, 0.9)
    assert (merged.training.epochs, merged.training.clip_norm) == (3, 5.0)
    assert [layer.type for layer in merged.architecture] == ["flatten", "dense"]
    assert (merged.schedule.type, merged.schedule.warmup) == ("step", 0)
    assert (merged.loss, merged.dataset, merged.name) == (base.loss, base.dataset, "digits-mlp")


@pytest.mark.parametrize("spelling", ["{sgd: {lr: 0.5}}", "{sgd: 0.5}", "{type: sgd, lr: 0.5}", "{lr: 0.5}"])
def test_every_spelling_merges_over_every_other(files, spelling):
    for base in ("{type: sgd, momentum: 0.9}", "{sgd: {momentum: 0.9}}"):
        files.write(files.MLP.replace("{type: sgd, lr: 0.1, momentum: 0.9}", base), "base.yaml")
        optimizer = files.config(f"extends: base.yaml\noptimizer: {spelling}\n").optimizer
        assert (optimizer.type, optimizer.lr, optimizer.momentum) == ("sgd", 0.5, 0.9)
    files.write(files.MLP.replace("{type: sgd, lr: 0.1, momentum: 0.9}", "sgd"), "base.yaml")
    assert files.config(f"extends: base.yaml\noptimizer: {spelling}\n").optimizer.lr == 0.5


def test_a_cadence_replaces_the_cadence_below_it(files):
    files.write(files.MLP.replace("epochs: 20", "epochs: 20, evaluate: {epochs: 2}"), "base.yaml")
    training = files.config("extends: base.yaml\ntraining: {evaluate: {steps: 7}}\n").training
    assert (training.evaluate.epochs, training.evaluate.steps) == (None, 7)


def test_chains_are_followed_and_each_path_starts_at_its_own_file(files):
    files.write(files.MLP.replace("- relu", "- probe: {where: data.csv}"), "shared/deep/base.yaml")
    files.write("extends: deep/base.yaml\nseed: 5\n", "shared/middle.yaml")
    made = files.config("extends: shared/middle.yaml\nname: top\n")
    assert (made.name, made.seed) == ("top", 5)
    assert made.architecture[2].where == files.folder / "shared" / "deep" / "data.csv"


def test_a_reference_in_the_base_sees_what_was_laid_over_it(files):
    files.write(files.MLP.replace("dense: 64", "dense: $dataset.batch_size"), "base.yaml")
    assert files.config("extends: base.yaml\ndataset: {batch_size: 7}\n").architecture[1].units == 7


def test_problems_of_a_base_stand_at_the_base(files):
    files.write(files.MLP.replace("momentum", "momentun"), "base.yaml")
    assert files.problems("extends: base.yaml\nsede: 1\n") == [
        "mlp.yaml:2:1: error: unknown key 'sede'; did you mean 'seed'?",
        "base.yaml:10:33: error: optimizer: sgd has no 'momentun'; did you mean 'momentum'?",
    ]


@pytest.mark.parametrize(
    ("extends", "said"),
    [
        ("bsae.yaml", "mlp.yaml:1:10: error: extends: 'bsae.yaml': no such file; did you mean 'base.yaml'?"),
        ("mlp.yaml", "mlp.yaml:1:10: error: extends: 'mlp.yaml' extends this file itself"),
        ("round.yaml", "round.yaml:1:10: error: extends: 'mlp.yaml' extends this file itself"),
        (".", "mlp.yaml:1:10: error: extends: '.': is a directory, not a config"),
        ("[base.yaml]", "mlp.yaml:1:10: error: extends: expected the path of one config, got a list of 1"),
        ("7", "mlp.yaml:1:10: error: extends: expected the path of one config, got 7"),
        ("empty.yaml", "empty.yaml:1:1: error: expected a mapping with dataset"),
    ],
)
def test_what_cannot_be_extended_is_said_at_its_place(files, extends, said):
    files.write(files.MLP, "base.yaml")
    files.write("", "empty.yaml")
    files.write("extends: mlp.yaml\n", "round.yaml")
    (line,) = files.problems(f"extends: {extends}\n")
    assert line.startswith(said)


def test_a_very_long_chain_is_refused(files):
    for i in range(40):
        files.write(f"extends: c{i + 1}.yaml\n", f"c{i}.yaml")
    (line,) = files.problems("extends: c0.yaml\n")
    assert line.endswith("extends: more than 20 files extend each other")


def test_the_name_is_that_of_the_file_read(files):
    files.write(files.MLP.replace("name: digits-mlp\n", ""), "base.yaml")
    assert files.config("extends: base.yaml\n").name == "mlp"
