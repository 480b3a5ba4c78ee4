"""batch_norm and layer_norm: what is normalised over what, and the running means."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.reference.naive_normalization import layer_norm_backward, layer_norm_forward
from nntrain.layers import BatchNorm, LayerNorm, ShapeError
from nntrain.runtime.streams import stream

SHAPES = [(5,), (4, 5), (5, 2, 3)]
FEATURE = {1: 0, 2: 1, 3: 0}


def features_first(X, shape):
    """(features, everything else)."""
    return np.moveaxis(X, FEATURE[len(shape)], 0).reshape(5, -1)


def batch(shape, m=7):
    return 3 + 2 * stream(0, 0).normal((*shape, m))


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_gives_every_feature_mean_beta_and_standard_deviation_gamma(shape):
    run = Run(BatchNorm(), shape)
    run.p.gamma[...] = [[1], [2], [3], [4], [5]]
    run.p.beta[...] = [[5], [4], [3], [2], [1]]
    Z = features_first(run.forward(batch(shape)), shape)
    assert Z.mean(axis=1) == pytest.approx([5, 4, 3, 2, 1])
    assert Z.std(axis=1) == pytest.approx([1, 2, 3, 4, 5], rel=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_means_follow_the_batches_and_serve_in_evaluation(shape):
    run = Run(BatchNorm(momentum=0.75), shape)
    X = batch(shape)
    rows = features_first(X, shape)
    for _ in range(2):
        run.forward(X)
    share = 1 - 0.75**2
    assert run.p.mean[:, 0] == pytest.approx(share * rows.mean(axis=1))
    assert run.p.variance[:, 0] == pytest.approx(1 - share + share * rows.var(axis=1, ddof=1))
    run.p.gamma[...], run.p.beta[...] = 2.0, 0.5
    kept = run.theta.copy()
    Z = features_first(run.evaluate(X), shape)
    assert pytest.approx(2 * (rows - run.p.mean) / np.sqrt(run.p.variance + 1e-5) + 0.5) == Z
    assert np.array_equal(run.theta, kept)


def test_the_running_means_are_buffers_without_a_gradient():
    run = Run(BatchNorm(), (5,))
    assert run.layout.trainable == 10
    assert run.layout.size == 20
    assert not run.layout.decayed


def test_batch_norm_of_a_single_vector_is_beta():
    run = Run(BatchNorm(), (5,))
    run.p.beta[...] = 0.5
    assert run.forward(batch((5,), m=1)) == pytest.approx(np.full((5, 1), 0.5))
    assert run.backward(np.ones((5, 1))) == pytest.approx(np.zeros((5, 1)))
    assert np.isfinite(run.theta).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_norm_normalises_each_example_alone(shape):
    run = Run(LayerNorm(), shape)
    X = batch(shape)
    Z = run.forward(X)
    steps = 1 if len(shape) == 2 else 0
    rows = Z.reshape(-1, 7) if not steps else Z.transpose(1, 0, 2).reshape(5, -1)
    assert rows.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert rows.std(axis=0) == pytest.approx(1, rel=1e-4)
    assert run.forward(X[..., 2:3]) == pytest.approx(Z[..., 2:3])


def test_layer_norm_of_vectors_is_the_reference():
    run, X, dZ = Run(LayerNorm(), (5,)), batch((5,)), stream(0, 1).normal((5, 7))
    run.p.gamma[...], run.p.beta[...] = stream(0, 2).normal((2, 5, 1))
    assert run.forward(X) == pytest.approx(layer_norm_forward(X, run.p.gamma, run.p.beta, 1e-5))
    dX, dgamma, dbeta = layer_norm_backward(dZ, X, run.p.gamma, 1e-5)
    assert run.backward(dZ) == pytest.approx(dX)
    assert run.g.gamma == pytest.approx(dgamma)
    assert run.g.beta == pytest.approx(dbeta)


def test_layer_norm_scales_each_feature_by_its_gamma():
    run = Run(LayerNorm(), (5, 2, 3))
    X = batch((5, 2, 3))
    Xhat = run.forward(X)
    run.p.gamma[...] = [[1], [2], [3], [4], [5]]
    run.p.beta[...] = 1.0
    assert run.forward(X)[3] == pytest.approx(4 * Xhat[3] + 1)


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm()], ids=lambda layer: layer.type)
def test_other_shapes_are_refused(layer):
    with pytest.raises(ShapeError, match=r"expected a vector .* got \(1, 2, 3, 4\)"):
        layer.declare((1, 2, 3, 4))
