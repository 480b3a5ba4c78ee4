"""A layer that reads one step of one example after another, as when a text is written, says what `apply` says."""

import numpy as np
import pytest
from layers.cases import CASES
from layers.run import Run

from nntrain.layers import LSTM, Attention, Conv1d, Dense, Flatten, Product, Residual, Sequential, SiLU
from nntrain.model.layer import Past
from nntrain.runtime.streams import stream

READ = [
    (f"{kind}-{i}", case)
    for kind, cases in CASES.items()
    for i, case in enumerate(cases)
    if len(case.shape) == (1 if case.X else 2)
]


def read(run, X):
    """(T, n, 1) of X (T, n, 1), a step at a time; None where the layer reads none."""
    step, past = run.layer.reader(run.p), Past()
    if step is None:
        return None
    outputs = []
    for x in X[..., 0]:
        outputs.append(step(x, past))
        past.steps += 1
    return np.array(outputs)[..., None]


@pytest.mark.parametrize("case", [case for _, case in READ], ids=[name for name, _ in READ])
def test_what_a_layer_reads_step_by_step_is_what_apply_gives_for_all(case):
    run = Run(case.layer, case.shape)
    run.theta[: run.layout.trainable] += 0.1 * stream(4, 0).normal((run.layout.trainable,))
    X = case.X(1) if case.X else stream(5, 0).normal((*case.shape, 1))
    before = X.copy()
    found = read(run, X)
    if found is not None:
        assert found == pytest.approx(run.evaluate(X), rel=1e-9, abs=1e-12)
        assert np.array_equal(X, before)


def test_all_that_models_of_text_are_made_of_reads_step_by_step():
    kinds = ["embedding", "position", "dense", "linear", "bias", "relu", "gelu", "silu", "tanh", "tied"]
    for case in (case for kind in [*kinds, "layer_norm", "rms_norm", "dropout"] for case in CASES[kind]):
        if len(case.shape) < 3:
            run = Run(case.layer, case.shape)
            assert run.layer.reader(run.p) is not None, case.layer
    run = Run(Product(((Dense(3), SiLU()), Dense(3))), (4, 5))
    X = stream(5, 0).normal((4, 5, 1))
    assert read(run, X) == pytest.approx(run.evaluate(X))


@pytest.mark.parametrize(
    "layer",
    [
        Attention(2),
        LSTM(3),
        Sequential((Dense(6), Conv1d(3, 1))),
        Sequential((Dense(6), Residual((Attention(2),)))),
        Residual((Dense(3),), shortcut=(Conv1d(3, 1),)),
        Product((Dense(3), Conv1d(3, 1))),
        Flatten(),
    ],
)
def test_what_needs_more_than_the_steps_before_or_a_state_is_read_by_apply(layer):
    assert Run(layer, (4, 6)).layer.reader(Run(layer, (4, 6)).p) is None


def test_parameters_stay_as_they_are():
    run = Run(Attention(2, causal=True, positions="rope"), (5, 8))
    before = run.theta.copy()
    read(run, stream(5, 0).normal((5, 8, 1)))
    assert np.array_equal(run.theta, before)
