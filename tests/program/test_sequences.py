"""Models of sequences from the command line: what they carry, write and forecast."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import nntrain as package
from nntrain.cli import main
from nntrain.errors import Interrupted
from nntrain.files import checkpoint

SENTENCE = "one quick fox jumps over that lazy dog, and runs! "


def reader_of(text):
    text.write_text(SENTENCE * 5)
    return {
        "name": "fox",
        "dataset": {"type": "text", "path": str(text), "length": 16, "batch_size": 4},
        "architecture": [
            {"embedding": 5},
            {"lstm": {"units": 12, "recurrent_dropout": 0.2}},
            {"gru": 7},
            {"dense": "$dataset.vocabulary"},
        ],
        "loss": "cross_entropy",
        "optimizer": {"type": "adam", "lr": 0.02},
        "metrics": ["bits_per_character", "perplexity"],
        "training": {"epochs": 2},
    }


@pytest.fixture
def reader(tmp_path):
    """A small model of a short text: three batches an epoch, whose state is carried."""
    return reader_of(tmp_path / "fox.txt")


def digest(run_dir, name):
    return hashlib.sha256((Path(run_dir) / name).read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    """The run of such a model that knows its text."""
    folder = tmp_path_factory.mktemp("fox")
    return package.fit(reader_of(folder / "fox.txt"), ["training.epochs=60"], run_dir=folder / "run").run_dir


def test_state_is_carried_from_batch_to_batch_and_begins_anew_with_the_text(reader, tmp_path, monkeypatch):
    from nntrain.layers.recurrent import GRU

    firsts = []
    forward = GRU.forward  # of training alone: evaluation calls apply

    def watched(self, p, X, context):
        firsts.append(context.state.get(p.path))
        result = forward(self, p, X, context)
        firsts.append(context.state[p.path])
        return result

    monkeypatch.setattr(GRU, "forward", watched)
    run = package.fit(reader, run_dir=tmp_path / "run").run_dir
    given, left = firsts[0::2], firsts[1::2]
    assert [state is None for state in given] == [True, False, False] * 2
    for before, after in ((0, 1), (1, 2), (3, 4)):
        assert np.array_equal(left[before][0], given[after][0])
    saved = checkpoint.read(run / "checkpoints" / "last.npz").manifest["training"]["carried"]
    assert {name: [a["shape"] for a in arrays] for name, arrays in saved.items()} == {
        "lstm_1": [[12, 4], [12, 4]],
        "gru_1": [[7, 4]],
    }


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_run_that_carries_state_resumes_to_the_same_bits(reader, tmp_path, step):
    whole = package.fit(reader, run_dir=tmp_path / "whole")
    asked = iter([None] * step + [15])
    with pytest.raises(Interrupted):
        package.fit(reader, run_dir=tmp_path / "cut", stop=lambda: next(asked, 15))
    resumed = package.resume(tmp_path / "cut")
    for name in ("checkpoints/last.npz", "checkpoints/best.npz", "metrics.jsonl"):
        assert digest(resumed.run_dir, name) == digest(whole.run_dir, name)


def test_without_streams_nothing_is_carried(reader, tmp_path):
    run = package.fit(reader, ["dataset.streams=false"], run_dir=tmp_path / "run").run_dir
    assert checkpoint.read(run / "checkpoints" / "last.npz").manifest["training"]["carried"] == {}


def test_evaluation_does_not_depend_on_how_far_the_pieces_reach(fox, nntrain):
    """Carried through, the state makes one long sequence of all pieces."""
    losses = [
        json.loads(nntrain("eval", fox, f"dataset.length={length}", "dataset.batch_size=1", "--json").stdout)["loss"]
        for length in (3, 7, 22)
    ]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-5)


def test_a_model_of_text_goes_on_from_a_prompt(fox, nntrain):
    written = nntrain("sample", fox, "--prompt", "one qui", "--length", 60, "--temperature", 0).stdout
    assert written == (2 * SENTENCE)[:67] + "\n"
    cold = nntrain("sample", fox, "--prompt", "one qui", "--length", 60, "--temperature", 1e-320)
    assert (cold.stdout, cold.stderr) == (written, "")


def test_what_is_written_follows_the_seed(fox, nntrain):
    def sample(*options):
        return nntrain("sample", fox, "--length", 40, *options).stdout

    assert sample() == sample() != sample("--seed", 1)
    assert sample("--temperature", 5) != sample()
    two = sample("-n", 2).split("\n\n")
    assert two[0] + "\n" == sample()
    assert two[0] != two[1]
    nntrain("sample", fox, "--length", 40, "-o", "fox.out")
    assert Path("fox.out").read_text() == sample()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, ["--prompt", "Ünder 7"], "--prompt: '7', 'Ü' did not occur in the training text"),
        ({"bidirectional": True}, [], "this network cannot write symbol by symbol"),
    ],
)
def test_what_cannot_be_written_is_a_clear_line(reader, nntrain, tmp_path, change, options, message):
    reader["architecture"][1]["lstm"].update(change)
    run = package.fit(reader, run_dir=tmp_path / "run").run_dir
    assert message in nntrain("sample", run, *options, code=2).stderr


@pytest.mark.parametrize("temperature", ["nan", "inf", "-1", "warm"])
def test_a_temperature_is_a_finite_number_from_0_up(fox, nntrain, temperature):
    told = nntrain("sample", fox, "--temperature", temperature, code=2).stderr
    assert "Invalid value for '--temperature'" in told


def test_a_text_for_which_there_is_no_stdout_is_no_error(fox, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    main(["sample", str(fox), "--length", "5"], standalone_mode=False)


@pytest.mark.parametrize("temperature", ["5e-324", "1e-300", "1e308"])
def test_any_finite_temperature_writes(fox, nntrain, temperature):
    assert len(nntrain("sample", fox, "--length", 5, "--temperature", temperature).stdout) == 6


def test_a_network_of_flattened_windows_cannot_write(reader, nntrain, tmp_path):
    reader["architecture"] = [
        {"embedding": 5},
        "flatten",
        {"dense": 480},
        {"reshape": [16, 30]},
        {"dense": "$dataset.vocabulary"},
    ]
    reader["dataset"]["streams"] = False
    run = package.fit(reader, ["dataset.validation=0"], run_dir=tmp_path / "run").run_dir
    assert "cannot write symbol by symbol" in nntrain("sample", run, code=2).stderr


def test_other_networks_write_nothing(configs, nntrain):
    run = nntrain("fit", "-q", configs / "iris.yaml", "training.epochs=1").stdout.strip()
    assert (
        "this network draws nothing; GANs, variational autoencoders and models of text"
        in nntrain("sample", run, code=2).stderr
    )


def test_words_are_joined_as_people_write_them(reader, nntrain, tmp_path):
    overrides = ["dataset.level=words", "dataset.length=6", "metrics=[perplexity]", "training.epochs=60"]
    run = package.fit(reader, overrides, run_dir=tmp_path / "run").run_dir
    written = nntrain("sample", run, "--prompt", "one quick", "--length", 10, "--temperature", 0).stdout
    assert written == "one quick fox jumps over that lazy dog, and runs!\n"
    shown = nntrain("fit", tmp_path / "run" / "config.yaml", "metrics=[bits_per_character]", code=2).stderr
    assert "these symbols are words: use perplexity" in shown


def test_names_come_one_a_line_and_begin_with_the_prompt(configs, nntrain):
    run = nntrain("fit", "-q", configs / "names_gru.yaml", "training.epochs=3").stdout.strip()
    names = nntrain("sample", run, "-n", 12).stdout.splitlines()
    assert len(names) == 12
    assert len(set(names)) > 6
    begun = nntrain("sample", run, "--prompt", "ros").stdout.splitlines()
    assert len(begun) == 10
    assert "a line break ends a name" in nntrain("sample", run, "--prompt", "ro\nse", code=2).stderr
    assert "--length: is of texts" in nntrain("sample", run, "--length", 5, code=2).stderr
    assert all(name.startswith("ros") for name in begun)


def test_a_series_is_measured_beside_the_naive_forecast_and_forecast(configs, nntrain):
    config = configs / "temperatures_lstm.yaml"
    run = nntrain("fit", "-q", config, "training.epochs=1", "dataset.horizon=2").stdout.strip()
    values = json.loads(nntrain("eval", run, "--json").stdout)
    assert {"loss", "mae", "rmse", "naive_loss", "naive_mae", "naive_rmse"} <= set(values)
    lines = (configs / "data" / "daily-min-temperatures.csv").read_text().splitlines()
    degrees = np.array([float(line.partition(",")[2]) for line in lines[1:]])
    test = np.arange(len(degrees) - 365, len(degrees) - 1)
    naive = np.abs(degrees[test[:, None] + [0, 1]] - degrees[test - 1][:, None]).mean()
    assert values["naive_mae"] == pytest.approx(naive, rel=1e-6)
    assert json.loads((Path(run) / "summary.json").read_text())["best"]["test"] == {
        name: value for name, value in values.items() if name not in ("split", "examples")
    }
    forecast = nntrain("predict", run, configs / "data" / "daily-min-temperatures.csv").stdout.splitlines()
    assert forecast[0] == "Temp+1,Temp+2"
    assert all(5 < float(cell) < 20 for cell in forecast[1].split(","))
    assert len(forecast) == 2


def test_texts_and_names_are_not_predicted(fox, nntrain, tmp_path):
    (tmp_path / "more.txt").write_text(SENTENCE)
    assert "a text goes on with nntrain sample" in nntrain("predict", fox, tmp_path / "more.txt", code=2).stderr


def test_the_starter_config_of_an_lstm_is_right(nntrain, tmp_path):
    (tmp_path / "config.yaml").write_text(nntrain("init", "lstm").stdout)
    (tmp_path / "text.txt").write_text("some text to begin with\n" * 200)
    nntrain("fit", "--dry-run", "config.yaml")


def test_a_forgotten_embedding_is_named_with_its_place(reader, nntrain, tmp_path):
    reader["architecture"].pop(0)
    (tmp_path / "c.yaml").write_text(json.dumps(reader))
    error = nntrain("fit", "c.yaml", code=2).stderr
    assert "lstm: expected numbers, got (16,) (" in error
    assert "put `embedding` before it" in error


def names_through(*layers):
    layers = [{"embedding": 5}, *layers, {"dense": "$dataset.classes"}]
    return f"architecture={json.dumps(layers)}"


def test_what_a_convolution_says_of_names_does_not_follow_their_neighbours(configs, nntrain, tmp_path):
    layers = [{"conv1d": {"filters": 7, "kernel": 4, "padding": "same"}}, "relu"]
    config = configs / "names_gru.yaml"
    run = nntrain("fit", "-q", config, names_through(*layers), "dtype=float64", "training.steps=5").stdout.strip()
    short, long = ["rose", "ash", "rue"], ["chrysanthemum"]
    sums = []
    for names in (short, long, short + long):
        (tmp_path / "names.txt").write_text("\n".join(names))
        told = nntrain("eval", run, "--json", "--split", "validation", f"dataset.validation={tmp_path / 'names.txt'}")
        sums.append(json.loads(told.stdout)["loss"] * sum(len(name) + 1 for name in names))
    assert sums[2] == pytest.approx(sums[0] + sums[1], rel=1e-12)


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([{"conv1d": {"filters": 7, "kernel": 3}}], "outputs for 12 steps, the data targets for 14"),
        (
            [{"conv1d": {"filters": 7, "kernel": 3, "stride": 2, "padding": "same"}}],
            "outputs for 7 steps, the data targets for 14",
        ),
        # a name shorter than the kernel has one output, not none
        (
            [{"conv1d": {"filters": 7, "kernel": 12}}, {"conv1d": {"filters": 4, "kernel": 2, "padding": 6}}],
            "outputs for 12 steps, the data targets for 11",
        ),
        ([{"reshape": [35, 2]}], "outputs for 35 steps, the data targets for 14"),
    ],
)
def test_outputs_for_other_steps_than_the_targets_are_refused(configs, nntrain, layers, told):
    error = nntrain("fit", "--dry-run", configs / "names_gru.yaml", names_through(*layers), code=2).stderr
    assert f"dense: gives {told}" in error
    assert error.count("\n") == 1
