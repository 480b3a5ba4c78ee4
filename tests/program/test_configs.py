"""Every config of the project builds, trains, and reaches what its comments say."""

import gzip
import json
import re
import struct
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(path.name for path in (ROOT / "configs").glob("*.yaml"))
# two steps take over 5 s of processor time
LARGE = ("cct_cifar10.yaml", "char_gpt_half_hour.yaml", "dates_transformer.yaml")


def write_mnist(folder, train=70, test=20):
    """Files of MNIST's form with few examples."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for name, count in (("train", train), ("t10k", test)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        with gzip.open(folder / f"{name}-images-idx3-ubyte.gz", "wb") as file:
            file.write(struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes())
        with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">II", 0x801, count) + labels.tobytes())
    return folder


def write_cifar(folder):
    """Files of CIFAR-10's binary form with few examples."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        records = random.integers(0, 256, (10, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(10)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


def on_little_data(config, folder):
    """Overrides with which a config needs nothing that is not here, and draws less."""
    config.write_text(re.sub(r"examples: \d{5,}", "examples: 400", config.read_text()))
    for dataset, write in (("mnist", write_mnist), ("cifar10", write_cifar)):
        if f"type: {dataset}" in config.read_text():
            return [f"dataset.root={write(folder / dataset)}", "dataset.batch_size=8"]
    return []


@pytest.mark.parametrize("name", LARGE)
def test_a_large_config_builds(name, configs, nntrain, tmp_path):
    nntrain("fit", configs / name, *on_little_data(configs / name, tmp_path), "--dry-run")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in CONFIGS])
def test_every_config_builds_and_takes_two_steps(name, configs, nntrain, tmp_path):
    config = configs / name
    little = on_little_data(config, tmp_path)
    run = nntrain("fit", config, *little, "training.steps=2", "training.evaluate.steps=2").stdout.strip()
    assert json.loads((Path(run) / "summary.json").read_text())["steps"] == 2
    with np.load(Path(run) / "checkpoints" / "last.npz", allow_pickle=False) as saved:
        assert all(np.isfinite(saved[name]).all() for name in saved.files if saved[name].dtype.kind == "f")


def test_digits_mlp_reaches_97_percent_on_test_images(configs, nntrain):
    accuracies = []
    for seed in range(5):
        nntrain("fit", "-q", configs / "digits_mlp.yaml", f"seed={seed}", "--run-dir", f"run-{seed}")
        accuracies.append(json.loads(Path(f"run-{seed}/summary.json").read_text())["best"]["test"]["accuracy"])
    assert np.mean(accuracies) >= 0.97


@pytest.mark.slow
def test_digits_cnn_reaches_98_5_percent_on_test_images(configs, nntrain):
    accuracies = []
    for seed in range(5):
        nntrain("fit", "-q", configs / "digits_cnn.yaml", f"seed={seed}", "--run-dir", f"run-{seed}")
        accuracies.append(json.loads(Path(f"run-{seed}/summary.json").read_text())["best"]["test"]["accuracy"])
    assert np.mean(accuracies) >= 0.985


def test_logistic_regression_reaches_the_minimum_that_newtons_method_finds(configs, nntrain):
    from nntrain import config
    from nntrain.builder import build

    run = nntrain("fit", "-q", configs / "logistic_regression.yaml").stdout.strip()
    reached = json.loads(nntrain("eval", run, "--which", "last", "--split", "train", "--json").stdout)["loss"]

    train = build(config.read(configs / "logistic_regression.yaml")).data.parts["train"]
    batch = train.batch(np.arange(train.size))
    X = np.vstack([batch.X, np.ones((1, batch.size))]).astype(np.float64)
    y, w = batch.Y, np.zeros(len(X))
    for _ in range(20):
        a = 1 / (1 + np.exp(-w @ X))
        w -= np.linalg.solve((X * (a * (1 - a))) @ X.T, X @ (a - y))
    a = 1 / (1 + np.exp(-w @ X))
    minimum = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    assert minimum <= reached <= 1.01 * minimum


@pytest.mark.slow
def test_digits_transfer_reaches_in_three_epochs_what_a_fresh_start_needs_ten_for(configs, nntrain):
    accuracies = {}
    fresh = ("start=null", "freeze=[]", "training.epochs=10", "optimizer.lr=2e-3")
    for name, changed in {"transfer": (), "fresh": fresh}.items():
        for seed in range(5):
            run = ("--run-dir", f"{name}-{seed}")
            nntrain("fit", "-q", configs / "digits_transfer.yaml", f"seed={seed}", *changed, *run)
            measured = json.loads(Path(f"{name}-{seed}/summary.json").read_text())["best"]["test"]["accuracy"]
            accuracies.setdefault(name, []).append(measured)
    assert np.mean(accuracies["transfer"]) >= np.mean(accuracies["fresh"]) + 0.05
