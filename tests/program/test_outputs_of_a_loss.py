"""A last layer and a loss that do not go together are refused before anything is written."""

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.errors import ConfigError


@pytest.fixture
def draft(tmp_path):
    """A config of two classes with this architecture and loss."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.standard_normal((20, 3)), y=np.arange(20) % 2)

    def draft(architecture, loss):
        return config.read(
            {
                "dataset": {"type": "npz", "path": str(tmp_path / "data.npz")},
                "architecture": architecture,
                "loss": loss,
                "optimizer": {"type": "sgd", "lr": 0.1},
                "training": {"epochs": 1},
            }
        )

    return draft


OF_PROBABILITIES = {"type": "binary_cross_entropy", "from_logits": False}


@pytest.mark.parametrize(
    "end",
    [
        ["sigmoid"],
        [{"sequential": ["sigmoid"]}],
        ["sigmoid", "flatten", "identity"],
        [{"repeat": {"times": 2, "layers": [{"dense": 1}, "sigmoid"]}}],
        [{"concatenate": ["sigmoid"]}],
    ],
)
def test_probabilities_are_accepted_from_what_promises_0_to_1(draft, end):
    build(draft([{"dense": 1}, *end], OF_PROBABILITIES))


@pytest.mark.parametrize(
    ("end", "name", "given"),
    [
        ([], "dense", "any number"),
        (["tanh"], "tanh", "numbers in -1 … 1"),
        (["relu"], "relu", "numbers in 0 … inf"),
        (["sigmoid", {"dropout": 0.5}], "dropout", "any number"),
        (["sigmoid", "batch_norm"], "batch_norm", "any number"),
        (["sigmoid", {"residual": ["sigmoid"]}], "residual", "numbers in 0 … 2"),
        ([{"sequential": ["sigmoid", {"dense": 1}]}], "dense", "any number"),
        ([{"concatenate": ["identity"]}], "concatenate", "any number"),
    ],
)
def test_probabilities_are_refused_from_what_does_not(draft, end, name, given):
    with pytest.raises(ConfigError) as caught:
        build(draft([{"dense": 1}, *end], OF_PROBABILITIES))
    (line,) = str(caught.value).splitlines()
    assert f": {name}: binary_cross_entropy with from_logits: false expects probabilities, numbers in 0 … 1" in line
    assert f"got {given}; put sigmoid behind it, or leave from_logits: false out" in line


@pytest.mark.parametrize("wrap", [lambda last: last, lambda last: {"sequential": [last]}])
@pytest.mark.parametrize(
    ("units", "last", "loss"), [(1, "sigmoid", "binary_cross_entropy"), (2, "softmax", "cross_entropy")]
)
def test_an_activation_that_the_loss_applies_itself_is_refused_wherever_it_stands(draft, wrap, units, last, loss):
    with pytest.raises(ConfigError, match=f"{last}: {loss} applies {last} itself; remove this layer"):
        build(draft([{"dense": units}, wrap(last)], loss))


def test_the_line_of_the_last_layer_is_told(nntrain, tmp_path):
    (tmp_path / "config.yaml").write_text(
        "dataset: moons\narchitecture:\n  - dense: 4\n  - dense: 1\n"
        "loss: {type: binary_cross_entropy, from_logits: false}\n"
        "optimizer: {type: sgd, lr: 0.1}\ntraining: {epochs: 1}\n"
    )
    told = nntrain("fit", "config.yaml", code=2).stderr
    assert told.startswith(
        "config.yaml:4:5: error: architecture.1: dense: binary_cross_entropy with from_logits: false"
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("layer", "loss", "said"),
    [
        (
            "{dense: {units: 1, name: score}}",
            "{type: binary_cross_entropy, from_logits: false}",
            "expects probabilities",
        ),
        ("{conv2d: {filters: 1, kernel: 3, name: score}}", "mse", "expected an image"),
    ],
)
def test_a_named_layer_that_is_repeated_has_its_line_too(nntrain, tmp_path, layer, loss, said):
    (tmp_path / "config.yaml").write_text(
        f"dataset: moons\narchitecture:\n  - repeat:\n      times: 2\n      layers:\n        - {layer}\n"
        f"loss: {loss}\noptimizer: {{type: sgd, lr: 0.1}}\ntraining: {{epochs: 1}}\n"
    )
    told = nntrain("fit", "config.yaml", code=2).stderr
    assert told.startswith("config.yaml:6:12: error: architecture.0.layers.0: ")
    assert said in told
