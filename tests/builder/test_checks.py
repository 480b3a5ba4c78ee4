"""The checks before a run are made in one order, and the first that fails says what is wrong."""

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build, checks
from nntrain.errors import NNTrainError


def test_problems_are_found_in_the_documented_order(tmp_path, monkeypatch):
    """A config with a fault for every check; each is mended when it has been told."""
    pixels = tmp_path / "pixels.npz"
    given = {
        "dataset": {
            "type": "npz",
            "path": str(pixels),
            "validation": 0,
            "batch_size": 64,
            "drop_last": True,
            "augment": [{"normalize": {"mean": [0, 0], "deviation": [1, 1]}}],
        },
        "architecture": [{"dense": "$dataset.outputs"}, {"max_pool2d": 2}],
        "loss": "mse",
        "optimizer": "sgd",
        "training": {"epochs": 1, "monitor": "validation.loss"},
    }

    def told():
        with pytest.raises(NNTrainError) as caught:
            build(config.read(given))
        return str(caught.value)

    monkeypatch.setattr(checks, "physical_memory", lambda: 10)
    assert "pixels.npz" in told()  # the data
    np.savez(pixels, x=np.zeros((40, 1, 4, 4)), y=np.arange(40) % 3)
    assert "outputs" in told()  # references
    given["architecture"][0] = {"dense": "$dataset.classes"}
    assert "needs a validation part" in told()
    given["training"]["monitor"] = "train.loss"
    assert "2 means and 2 deviations, the images have 1 channel" in told()
    given["dataset"]["augment"] = []
    assert "drop_last: the training part has 40 examples" in told()
    given["dataset"]["batch_size"] = 8
    assert "put `flatten` before it" in told()  # shapes
    given["architecture"] = ["flatten", {"dense": "$dataset.classes"}]
    assert "mse" in told()  # outputs and loss
    given["loss"] = "cross_entropy"
    np.savez(pixels, x=np.zeros((40, 5, 16)), y=np.arange(40) % 3)
    given["architecture"] = [{"gru": 4}, {"dense": "$dataset.classes"}]
    assert "outputs for each step, the data targets for each example" in told()
    given["architecture"] = [{"gru": 4}, "last", {"dense": "$dataset.classes"}]
    assert "this machine has 0 GiB" in told()  # memory
    monkeypatch.undo()
    assert build(config.read(given)).trainable > 0


def test_every_check_says_what_it_checks():
    assert all(check.__doc__ for check in checks.CHECKS)
    assert set(checks.WITHOUT_DATA) < set(checks.CHECKS)
