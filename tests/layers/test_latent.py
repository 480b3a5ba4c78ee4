"""The code of a variational autoencoder: what is drawn, what it costs, and what evaluation sees."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import Context, SampleLatent
from nntrain.model.layer import ShapeError


def test_codes_have_the_mean_and_deviation_that_come_in():
    X = np.repeat([[2.0], [-1.0], [np.log(0.25)], [np.log(9.0)]], 20_000, axis=1)
    Z = Run(SampleLatent(), (4,)).forward(X)
    np.testing.assert_allclose(Z.mean(axis=1), [2, -1], atol=0.08)
    np.testing.assert_allclose(Z.std(axis=1), [0.5, 3], rtol=0.02)


def test_the_cost_is_the_kl_divergence_from_the_standard_normal():
    """Against ∫ N(z; μ, σ²) log(N(z; μ, σ²) / N(z; 0, 1)) dz, the mean over two examples of one code each."""
    means, deviations = np.array([0.7, -1.2]), np.array([0.5, 1.7])
    z = np.linspace(-20, 20, 400_001)[:, None]
    log_q = -(((z - means) / deviations) ** 2) / 2 - np.log(deviations)
    divergence = np.trapezoid(np.exp(log_q) / np.sqrt(2 * np.pi) * (log_q + z * z / 2), z, axis=0)
    for training in (True, False):
        run = Run(SampleLatent(0.3), (2,), training=training)
        run.forward(np.stack([means, 2 * np.log(deviations)]))
        assert run.context.cost == pytest.approx(0.3 * divergence.mean(), rel=1e-9)


def test_a_standard_normal_code_costs_nothing():
    run = Run(SampleLatent(), (6,))
    run.forward(np.zeros((6, 4)))
    assert run.context.cost == 0


def test_evaluation_takes_the_mean():
    X = np.random.default_rng(0).standard_normal((6, 5))
    np.testing.assert_array_equal(Run(SampleLatent(), (6,)).evaluate(X), X[:3])


def test_noise_is_that_of_the_step_and_the_application():
    run = Run(SampleLatent(), (6,))
    X = np.zeros((6, 5))

    def draw(**place):
        return run.layer.forward(run.p, X, Context(training=True, **place))[0]

    assert np.array_equal(draw(step=1), draw(step=1))
    for place in ({"step": 2}, {"step": 1, "application": 1}, {"step": 1, "seed": 1}):
        assert not np.array_equal(draw(step=1), draw(**place))


@pytest.mark.parametrize("shape", [(5,), (4, 6), (3, 2, 2)])
def test_what_cannot_be_halved_is_refused(shape):
    with pytest.raises(ShapeError, match="expected 2n features of a vector or an image"):
        SampleLatent().declare(shape)
