"""Losses of the game: by hand, the generator's derivative, and where the discriminator draws the line."""

import numpy as np
import pytest

from nntrain.data.facts import Facts
from nntrain.losses import GANLoss, HingeLoss, WassersteinLoss
from nntrain.model.layer import ShapeError
from nntrain.runtime.streams import stream

ALL = [GANLoss(), GANLoss(label_smoothing=0.2), HingeLoss(), WassersteinLoss()]
Z = np.log([[3.0, 1 / 3]])  # σ(z) = ¾, ¼


def test_the_discriminator_pays_for_what_it_takes_for_the_other():
    real, drawn = np.ones(2), np.zeros(2)
    assert GANLoss()(Z, real)[0] == pytest.approx(-(np.log(3 / 4) + np.log(1 / 4)) / 2)
    assert GANLoss()(Z, drawn)[0] == pytest.approx(-(np.log(1 / 4) + np.log(3 / 4)) / 2)
    scores = np.array([[2.0, -0.5]])
    assert HingeLoss()(scores, real)[0] == (0 + 1.5) / 2
    assert HingeLoss()(scores, drawn)[0] == (3 + 0.5) / 2
    assert WassersteinLoss()(scores, real)[0] == -0.75
    assert WassersteinLoss()(scores, drawn)[0] == 0.75


def test_label_smoothing_is_one_sided():
    """Real examples have target 1 − ε, drawn ones keep 0."""
    smoothed, plain = GANLoss(label_smoothing=0.2), GANLoss()
    expected = -(0.8 * np.log([3 / 4, 1 / 4]) + 0.2 * np.log([1 / 4, 3 / 4])).mean()
    assert smoothed(Z, np.ones(2))[0] == pytest.approx(expected)
    assert smoothed(Z, np.zeros(2))[0] == plain(Z, np.zeros(2))[0]
    assert smoothed.generator(Z)[0] == plain.generator(Z)[0]


def test_the_generator_pays_where_its_examples_are_found_out():
    cost, dZ = GANLoss().generator(Z)
    assert cost == pytest.approx(-np.log([3 / 4, 1 / 4]).mean())
    np.testing.assert_allclose(dZ, [[-1 / 8, -3 / 8]])
    for loss in (HingeLoss(), WassersteinLoss()):
        cost, dZ = loss.generator(np.array([[2.0, -0.5]]))
        assert cost == -0.75
        np.testing.assert_array_equal(dZ, [[-0.5, -0.5]])


def test_the_generators_gradient_does_not_vanish_where_the_discriminator_is_sure():
    sure = np.full((1, 4), -50.0, np.float32)
    cost, dZ = GANLoss().generator(sure)
    assert cost == pytest.approx(50)
    np.testing.assert_allclose(dZ, -1 / 4)


@pytest.mark.parametrize("loss", ALL, ids=repr)
@pytest.mark.parametrize("shape", [(1, 7), (1, 1), (4, 1, 5)])
def test_the_generators_derivative_is_that_of_its_cost(loss, shape):
    scores, v = stream(0, 0).normal(shape), stream(0, 1).normal(shape)
    numeric = (loss.generator(scores + 1e-5 * v)[0] - loss.generator(scores - 1e-5 * v)[0]) / 2e-5
    assert np.vdot(loss.generator(scores)[1], v) == pytest.approx(numeric, rel=1e-8)
    cost, dZ = loss.generator(scores.astype(np.float32))
    assert type(cost) is float
    assert dZ.dtype == np.float32


def test_the_boundary_is_where_the_best_discriminator_cannot_tell():
    """As many real as drawn examples at one place: there the score that minimises the cost is the boundary."""
    scores = np.linspace(-3, 3, 6001)
    for loss in ALL[:2]:
        costs = [loss(np.full((1, 1), z), np.ones(1))[0] + loss(np.full((1, 1), z), np.zeros(1))[0] for z in scores]
        assert scores[np.argmin(costs)] == pytest.approx(loss.boundary(Z, Z), abs=1e-3)
    assert WassersteinLoss().boundary(np.array([[1.0, 3.0]]), np.array([[-2.0, 0.0]])) == 0.5


def test_the_wasserstein_critic_stays_within_its_bounds():
    theta = np.array([-1.0, 0.005, 0.2], np.float32)
    WassersteinLoss(weight_clip=0.1).constrain(theta)
    np.testing.assert_array_equal(theta, np.array([-0.1, 0.005, 0.1], np.float32))


def test_a_discriminator_gives_one_score():
    facts = Facts((2,), "labels", classes=2)
    for loss in ALL:
        loss.declare((1,), facts)
        with pytest.raises(ShapeError, match="wants 1 output, the discriminator's score"):
            loss.declare((2,), facts)
