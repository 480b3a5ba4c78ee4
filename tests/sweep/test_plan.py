"""A plan: which runs, in which directories, checked before anything starts."""

import pytest

from nntrain.config import read
from nntrain.errors import ConfigError, DataError
from nntrain.sweep import Settings, file, plan, space
from nntrain.sweep.halving import rungs


def test_a_directory_is_named_by_what_the_config_says_not_by_how(config, tmp_path):
    one = plan(Settings(config, grid={"optimizer.lr": ["0.1", "0.2"]}), tmp_path)
    other = plan(Settings(config, ("training.epochs=9",), {"optimizer.lr": ["2e-1", "1e-1"]}), tmp_path)
    assert [p.run_dir for p in one] == [p.run_dir for p in other][::-1]
    assert all(p.run_dir.name.startswith("moons-h") for p in one)


def test_combinations_that_come_to_one_config_are_one_run(config, tmp_path):
    assert len(plan(Settings(config, grid={"optimizer.lr": ["0.1", "1e-1", "0.2"]}), tmp_path)) == 2


def test_anything_that_changes_the_run_changes_its_directory(config, tmp_path):
    changes = ["seed=1", "optimizer.lr=0.2", "training.epochs=8", "dataset.batch_size=16", "architecture.0.units=9"]
    dirs = {plan(Settings(config, overrides), tmp_path)[0].run_dir for overrides in [(), *((c,) for c in changes)]}
    assert len(dirs) == 1 + len(changes)


def test_every_wrong_combination_is_reported_before_anything_starts(config, tmp_path):
    settings = Settings(config, grid={"optimizer.lr": ["0.1", "-1", "x"], "optimizer.momentun": ["0"]})
    with pytest.raises(ConfigError) as error:
        plan(settings, tmp_path / "runs")
    text = str(error.value)
    assert "did you mean 'momentum'" in text
    assert "-1" in text
    assert "'x'" in text
    assert not (tmp_path / "runs").exists()


def test_bad_data_are_found_before_anything_starts(config, tmp_path):
    settings = Settings(config, grid={"dataset": ["{type: csv, path: nothing.csv}"]})
    with pytest.raises(DataError, match=r"nothing\.csv"):
        plan(settings, tmp_path)


def test_a_key_is_varied_once_and_not_also_set(config, tmp_path):
    twice = Settings(config, grid={"seed": ["1"]}, seeds=[2])
    both = Settings(config, ("optimizer.lr=1",), {"optimizer.lr": ["1", "2"]})
    for settings in (twice, both):
        with pytest.raises(ConfigError, match="varied"):
            plan(settings, tmp_path)


def test_a_sweep_file_says_what_the_flags_say(config, tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "config: moons.yaml\noverrides: {training.epochs: 3}\ngrid: {optimizer.momentum: [0, 5e-1]}\n"
        "random: {optimizer.lr: 'log:1e-3:1', architecture.0.units: 'int:4:16'}\nn: 3\nseeds: 0-1\n"
    )
    ranges = {"optimizer.lr": "log:1e-3:1", "architecture.0.units": "int:4:16"}
    flags = Settings(
        config,
        ("training.epochs=3",),
        {"optimizer.momentum": ["0", "0.5"]},
        {key: space.parse_range(text, "") for key, text in ranges.items()},
        3,
        [0, 1],
    )
    assert [p.run_dir for p in plan(file.read(path), tmp_path)] == [p.run_dir for p in plan(flags, tmp_path)]
    assert len(plan(flags, tmp_path)) == 12
    assert file.read(config) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: moons.yaml\ngird: {}\n", r"sweep.yaml:2:1: error: a sweep has no 'gird'; did you mean 'grid'\?"),
        ("config: moons.yaml\ngrid: {optimizer.lr: 0.1}\n", r":2:22: error: grid.optimizer.lr: expected a list"),
        ("config: moons.yaml\nrandom: {optimizer.lr: 'log:1'}\n", r":2:24: error: random.optimizer.lr: expected log"),
        ("config: moons.yaml\ngrid: {optimizer.lr: []}\n", r":2:22: error: grid.optimizer.lr: .* got an empty list"),
        ("config: moons.yaml\nrandom: {seed: {int: 1}}\n", r":2:16: error: random.seed: expected a range such as log"),
        ("config: moons.yaml\nn: 3\n", r":2:1: error: n: says how many random combinations; give random with it"),
        ("grid: {optimizer.lr: [1]}\n", r"sweep.yaml:1:1: error: a sweep needs 'config'"),
        ("config: moons.yaml\nn: many\n", r":2:4: error: n: expected a whole number >= 1, got 'many'"),
        ("config: moons.yaml\nseeds: 4-1\n", r":2:8: error: seeds: 4-1: 4-1 is no range"),
    ],
)
def test_a_wrong_sweep_file_is_told_with_its_place(config, tmp_path, text, said):
    (tmp_path / "sweep.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        file.read(tmp_path / "sweep.yaml")


def test_rungs_are_thirds_that_end_where_the_config_evaluates(config):
    def of(runs, *overrides, total=1000):
        return rungs(read(config, overrides).resolve(None), total, runs)

    fixed = ("architecture.2.units=2",)
    assert of(9, *fixed) == [1, 3, None]
    assert of(8, *fixed) == [3, None]
    assert of(2, *fixed) == [None]
    assert of(100, *fixed, "training.epochs=30", "training.evaluate={epochs: 4}") == [8, None]
    assert of(27, *fixed, "training.evaluate={steps: 10}", total=900) == [30, 100, 300, None]


@pytest.mark.parametrize("share", [0.2, 0])
def test_what_folds_take_the_place_of_is_told_once(share, config, tmp_path):
    said = []
    settings = Settings(config, ("training.epochs=1", f"dataset.validation={share}"), folds=3)
    assert len(plan(settings, tmp_path / "runs", said.append)) == 3
    line = "--folds 3: the validation part is each fold in turn; dataset.validation: 0.2 counts for nothing"
    assert said == ([line] if share else [])
