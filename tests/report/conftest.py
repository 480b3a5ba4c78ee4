"""Trained runs of every kind with their pages, and a browser."""

import numpy as np
import pytest
from click.testing import CliRunner
from report.browser import Browser, missing
from report.small_runs import gan

from nntrain.cli import main
from nntrain.training.session import fit

DENSE = ["flatten", {"dense": 8}, "relu", {"dense": "$dataset.classes"}]
CONV = [{"conv2d": {"filters": 3, "kernel": 3}}, "relu", "flatten", {"dense": "$dataset.classes"}]


def digits(name, architecture, **changes):
    return {
        "name": name,
        "dataset": {"type": "digits", "validation": 0.1, "test": 0.2},
        "architecture": architecture,
        "loss": "cross_entropy",
        "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}},
        "metrics": ["accuracy"],
        "training": {"epochs": 2},
        **changes,
    }


def table(tmp):
    """Price by size and town, a category."""
    draws = np.random.default_rng(0)
    rows = [
        f"{s:.3f},{t},{3 * s + 'abc'.index(t):.3f}" for s, t in zip(draws.uniform(size=80), "abca" * 20, strict=True)
    ]
    (tmp / "houses.csv").write_text("size,town,price\n" + "\n".join(rows) + "\n")
    return {
        "name": "houses",
        "dataset": {"type": "csv", "path": str(tmp / "houses.csv"), "standardize": True, "test": 0.2},
        "architecture": [{"dense": 4}, "tanh", {"dense": 1}],
        "loss": "mse",
        "optimizer": "adam",
        "metrics": ["mae", "r2"],
        "training": {"epochs": 3},
    }


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Trained runs of every kind, and their reports."""
    lab = tmp_path_factory.mktemp("lab")
    fit(digits("cnn", CONV), runs_dir=lab / "cnn")
    fit(digits("mlp", DENSE), runs_dir=lab / "mlp")
    fit(table(lab), runs_dir=lab / "regression")
    drawn = fit(gan(), runs_dir=lab / "gan")
    samples = drawn.run_dir / "samples"
    samples.mkdir(exist_ok=True)
    (samples / "epoch_0001.txt").write_text("To be, or <not>\n")
    for i in range(8):
        changes = {"optimizer": {"sgd": {"lr": [1.0, 0.1, 0.01, 0.001][i % 4]}}, "seed": i // 4}
        fit(digits("many", DENSE, training={"epochs": 1}, **changes), runs_dir=lab / "sweep")
    for kind in ("cnn", "mlp", "regression", "gan", "sweep"):
        done = CliRunner().invoke(main, ["report", str(lab / kind), "-o", str(lab / f"{kind}.html")])
        assert done.exit_code == 0, done.output
        assert done.stdout == f"{lab / kind}.html\n"
    return lab


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    if why := missing():
        pytest.skip(why)
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
