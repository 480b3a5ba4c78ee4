"""Dropout: inverted, keyed by the place in the run, and gone in evaluation."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import Context, Dropout, Sequential


def mask(seed=0, step=0, application=0, rate=0.3, shape=(99, 101)):
    run = Run(Dropout(rate), shape[:-1])
    run.context = Context(training=True, seed=seed, step=step, application=application)
    return run.forward(np.ones(shape))


def test_the_share_that_is_dropped_is_the_rate_and_the_rest_is_scaled_up():
    A = mask()
    assert np.unique(A) == pytest.approx([0, 1 / 0.7])
    assert (A == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert mask(rate=0.99).mean() == pytest.approx(1, abs=0.4)


def test_the_gradient_passes_where_the_value_passed():
    run = Run(Dropout(0.3), (99,))
    A = run.forward(np.ones((99, 101)))
    assert np.array_equal(run.backward(np.ones((99, 101))), A)


def test_the_mask_follows_from_the_place_in_the_run():
    assert np.array_equal(mask(seed=1, step=2), mask(seed=1, step=2))
    for other in ({"seed": 1}, {"step": 1}, {"application": 1}):
        assert not np.array_equal(mask(), mask(**other))


def test_two_dropouts_in_one_network_draw_different_masks():
    X = np.ones((99, 101))
    both = Run(Sequential((Dropout(0.5), Dropout(0.5))), (99,)).forward(X)
    assert (both == 0).mean() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_evaluation_changes_nothing(rate):
    X = np.ones((5, 3))
    assert Run(Dropout(rate), (5,)).evaluate(X) is X
