"""A GAN from the shell: what a run leaves, what is drawn, the same bits after a resume, and what is refused."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import nntrain
from nntrain.errors import Interrupted
from nntrain.runtime import threads

MEASURES = {"discriminator_loss", "generator_loss", "accuracy_real", "accuracy_drawn"}
POINTS = """\
dataset: {type: moons, examples: 80, validation: 0.25, batch_size: 13}
architecture:
  generator: [dense: 8, batch_norm, relu, dropout: 0.2, dense: 2]
  discriminator: [dense: 8, batch_norm, leaky_relu, dropout: 0.2, dense: 1]
loss: gan
optimizer:
  generator: {type: adam, lr: 1e-3}
  discriminator: {type: sgd, lr: 0.01, momentum: 0.5}
schedule: cosine
training: {epochs: 3, loop: {type: gan, latent: 4, discriminator_steps: 2, conditional: true}}
"""
IMAGES = """\
dataset: {type: digits, validation: 0, batch_size: 100}
architecture:
  generator: [dense: 64, sigmoid, reshape: [1, 8, 8]]
  discriminator: [flatten, dense: 1]
loss: hinge
optimizer: {generator: {type: sgd, lr: 0.1}, discriminator: {type: sgd, lr: 0.1}}
training: {epochs: 1, loop: {type: gan, latent: 4}}
"""


def digest(run_dir):
    files = [p for p in sorted(Path(run_dir).rglob("*")) if p.suffix in (".npz", ".png") or p.name == "metrics.jsonl"]
    return {str(p.relative_to(run_dir)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture
def points(tmp_path):
    (tmp_path / "points.yaml").write_text(POINTS)
    return tmp_path / "points.yaml"


@pytest.fixture
def images(tmp_path):
    (tmp_path / "images.yaml").write_text(IMAGES)
    return tmp_path / "images.yaml"


def test_a_run_leaves_both_losses_accuracies_rates_and_a_picture_an_epoch(points, nntrain):
    run = Path(nntrain("fit", "-q", points).stdout.strip())
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    for line in lines:
        assert set(line["train"]) == set(line["validation"]) == MEASURES
        assert 0 <= line["train"]["accuracy_real"] <= 1
    assert lines[0]["lr"]["generator"] == pytest.approx(lines[0]["lr"]["discriminator"] / 10)
    assert lines[2]["lr"]["generator"] < lines[0]["lr"]["generator"]
    assert sorted(p.name for p in (run / "samples").iterdir()) == [f"epoch_000{k}.png" for k in (1, 2, 3)]
    assert [p.name for p in (run / "checkpoints").iterdir()] == ["last.npz"]


@pytest.mark.parametrize("step", range(1, 14))
def test_a_game_stopped_after_any_step_resumes_to_the_same_bits(points, tmp_path, step):
    whole = nntrain.fit(points, run_dir=tmp_path / "whole")
    assert whole.summary["steps"] == 15
    asked = iter([None] * step + [15])
    with pytest.raises(Interrupted):
        nntrain.fit(points, run_dir=tmp_path / "cut", stop=lambda: next(asked))
    assert nntrain.resume(tmp_path / "cut").status == "done"
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")


def test_the_bits_of_a_game_do_not_depend_on_the_number_of_threads(images, tmp_path):
    found = []
    for count in (1, 2):
        threads.set_threads(count)
        found.append(digest(nntrain.fit(images, run_dir=tmp_path / f"run-{count}").run_dir))
    assert found[0] == found[1]


def test_sample_draws_arrays_in_the_datas_units_and_pictures(images, nntrain):
    run = nntrain("fit", "-q", images).stdout.strip()
    nntrain("sample", run, "-n", "7", "-o", "x.npy")
    X = np.load("x.npy")
    assert X.shape == (7, 1, 8, 8)
    assert 0 <= X.min() < X.max() <= 1
    nntrain("sample", run, "-n", "7", "-o", "again.npy", "--which", "last")
    nntrain("sample", run, "-n", "7", "-o", "others.npy", "--seed", "5")
    assert np.array_equal(X, np.load("again.npy"))
    assert not np.array_equal(X, np.load("others.npy"))
    nntrain("sample", run, "-n", "7", "-o", "x.png")
    # 7 images in 3 columns of 3 rows, each 8 pixels times 4, lines of one pixel
    width, height = 3 * 33 + 1, 3 * 33 + 1
    assert Path("x.png").read_bytes()[16:24] == width.to_bytes(4, "big") + height.to_bytes(4, "big")


def test_what_is_drawn_has_standardization_undone(points, nntrain):
    overrides = ["training.steps=1", "training.loop.conditional=false"]
    raw = Path(nntrain("fit", "-q", points, *overrides).stdout.strip())
    run = Path(nntrain("fit", "-q", points, "dataset.standardize=true", *overrides).stdout.strip())
    for name, path in (("raw", raw), ("units", run)):
        nntrain("sample", path, "-n", "50", "-o", f"{name}.npy")
    with np.load(run / "checkpoints" / "last.npz") as saved:
        fitted = json.loads(saved["manifest"].tobytes())["dataset"]["preparation"]["standardize"]
    with np.load(run / "checkpoints" / "last.npz") as a, np.load(raw / "checkpoints" / "last.npz") as b:
        moved = max(np.abs(a[n] - b[n]).max() for n in a.files if n.startswith("generator") and n.endswith("W"))
    assert moved < 0.01  # one step from the same weights: what is drawn differs by the units alone
    expected = np.load("raw.npy") * fitted["deviation"] + fitted["mean"]
    np.testing.assert_allclose(np.load("units.npy"), expected, atol=0.1)


def test_eval_measures_the_game_and_falls_back_to_the_last_checkpoint(points, nntrain):
    run = nntrain("fit", "-q", points).stdout.strip()
    result = nntrain("eval", run, "--json")
    assert "no best checkpoint; taking the last" in result.stderr
    values = json.loads(result.stdout)
    assert set(values) == {"split", "examples"} | MEASURES
    final = json.loads((Path(run) / "summary.json").read_text())["final"]["validation"]
    assert {name: values[name] for name in MEASURES} == final
    assert "nntrain sample draws" in nntrain("predict", run, "x.csv", code=2).stderr


def test_sample_does_not_miss_the_best_checkpoint_that_a_gan_cannot_have(points, nntrain):
    run = nntrain("fit", "-q", points, "training.steps=1").stdout.strip()
    assert nntrain("sample", run, "-o", "drawn.npy").stderr == ""
    assert "no best checkpoint" in nntrain("sample", run, "-o", "drawn.npy", "--which", "best").stderr


def test_sample_says_what_it_cannot_draw(points, configs, nntrain):
    run = nntrain("fit", "-q", points, "training.steps=1").stdout.strip()
    assert "-o grid.png" in nntrain("sample", run, code=2).stderr
    assert ".png or .npy, not .jpg" in nntrain("sample", run, "-o", "x.jpg", code=2).stderr
    for option, value in (("--prompt", "x"), ("--length", 3), ("--temperature", 2)):
        assert f"{option}: is of texts" in nntrain("sample", run, "-o", "x.npy", option, value, code=2).stderr
    other = nntrain("fit", "-q", configs / "iris.yaml", "training.steps=1").stdout.strip()
    assert "draws nothing" in nntrain("sample", other, "-o", "x.png", code=2).stderr
    assert "no checkpoint" in nntrain("sample", ".", "-o", "x.png", code=5).stderr


def test_examples_that_make_no_picture_are_left_as_arrays(configs, nntrain):
    text = POINTS.replace("{type: moons, examples: 80, ", f"{{type: csv, path: {configs}/data/iris.csv, ")
    Path("table.yaml").write_text(text.replace("dropout: 0.2, dense: 2]", "dense: 4]"))
    run = Path(nntrain("fit", "-q", "table.yaml", "training.epochs=1", "training.loop.samples=5").stdout.strip())
    assert np.load(run / "samples" / "epoch_0001.npy").shape == (5, 4)
    assert "take .npy" in nntrain("sample", run, "-o", "x.png", code=2).stderr


def test_divergence_is_exit_4_with_the_networks_name_and_a_finite_checkpoint(points, nntrain):
    told = nntrain("fit", "-q", points, "optimizer.discriminator.lr=1e30", "--run-dir", "r", code=4).stderr
    assert "diverged at step" in told
    with np.load("r/checkpoints/last.npz") as saved:
        assert all(np.isfinite(saved[name]).all() for name in saved.files)


WRONG = {
    "a loss for labels in a game": ("loss: gan", "loss: cross_entropy", "takes gan, hinge or wasserstein"),
    "a game's loss without a game": (
        "training: {epochs: 3, loop: {type: gan, latent: 4, discriminator_steps: 2, conditional: true}}",
        "training: {epochs: 3, loop: supervised}",
        "gan is a game of two networks: set training.loop to gan, or take",
    ),
    "monitor": ("{epochs: 3, ", "{epochs: 3, monitor: train.loss, ", "leave monitor out"),
    "early stopping": ("{epochs: 3, ", "{epochs: 3, early_stopping: {patience: 3}, ", "leave early_stopping out"),
    "plateau": ("schedule: cosine", "schedule: plateau", "take another schedule"),
    "metrics": ("schedule: cosine", "metrics: [accuracy]", "leave metrics out"),
    "another shape": ("dropout: 0.2, dense: 2]", "dense: 3]", "(2,) (a vector), not (3,)"),
    "sigmoid twice": ("dense: 1]", "dense: 1, sigmoid]", "remove this layer"),
    "two scores": ("dense: 1]", "dense: 2]", "wants 1 output, the discriminator's score"),
    "one optimizer": (
        "optimizer:\n  generator: {type: adam, lr: 1e-3}\n  discriminator: {type: sgd, lr: 0.01, momentum: 0.5}",
        "optimizer: adam",
        "expected a mapping of generator and discriminator",
    ),
    "classes of a regression": ("moons", "sine", "must be vectors or images with labels"),
    "no steps": ("discriminator_steps: 2", "discriminator_steps: 0", ">= 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_a_game_cannot_have_is_one_line_with_its_place(case, nntrain):
    old, new, expected = WRONG[case]
    assert old in POINTS
    Path("c.yaml").write_text(POINTS.replace(old, new))
    told = nntrain("fit", "c.yaml", code=2).stderr
    assert expected in told
    assert [line[:7] for line in told.splitlines()] == ["c.yaml:"] * len(told.splitlines())
    assert not Path("runs").exists()
