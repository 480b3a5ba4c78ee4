"""Losses keep their digits where logits are large, where probabilities are small, and where hardly anything is lost."""

import numpy as np
import pytest
from losses.cases import MASK, WEIGHTS

from nntrain.data.facts import Facts
from nntrain.layers import Sigmoid
from nntrain.losses import BinaryCrossEntropy, CrossEntropy, GANLoss
from nntrain.metrics import BitsPerCharacter, Perplexity
from nntrain.runtime.streams import stream

CROSS_ENTROPIES = [
    CrossEntropy(),
    CrossEntropy(label_smoothing=0.1),
    CrossEntropy(class_weights=WEIGHTS),
    CrossEntropy(label_smoothing=0.2, class_weights=WEIGHTS),
]
FAR = np.float32(8192)


def coarse_logits(*shape):
    """Multiples of 2⁻¹⁰ below 2¹³, in float32: their sum with FAR is exact, and so is the difference of two of them."""
    return (np.round(stream(0, 0).normal(shape) * 2**10) / 2**10).astype(np.float32)


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("loss", CROSS_ENTROPIES)
def test_what_is_added_to_all_logits_changes_no_bit_of_cost_and_derivative(loss, mask):
    Z, Y = coarse_logits(4, 3, 5), stream(0, 1).integers(3, (4, 5))
    cost, dZ = loss(Z, Y, mask)
    far, dZ_far = loss(Z + FAR, Y, mask)
    assert far == cost
    np.testing.assert_array_equal(dZ_far, dZ)
    assert loss.evaluate(Z + FAR, Y, mask) == loss.evaluate(Z, Y, mask)


@pytest.mark.parametrize("metric", [Perplexity(), BitsPerCharacter()])
def test_what_is_added_to_all_logits_changes_no_bit_of_a_metric_of_surprise(metric):
    Z, Y, facts = coarse_logits(4, 3, 5), stream(0, 1).integers(3, (4, 5)), Facts((6,), "labels", classes=3)
    near, far = metric.start(facts), metric.start(facts)
    metric.update(near, Z, Y)
    metric.update(far, Z + FAR, Y)
    assert metric.value(far) == metric.value(near)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [0, 1, 0.25])
@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), GANLoss()])
def test_a_binary_cross_entropy_of_logits_is_as_exact_where_it_is_small(loss, y, dtype):
    """−y log σ(z) − (1 − y) log(1 − σ(z)) = y log(1 + e⁻ᶻ) + (1 − y) log(1 + eᶻ)."""
    Z = np.linspace(-80, 80, 1601, dtype=dtype)
    wide = Z.astype(np.longdouble)
    exact = y * np.log1p(np.exp(-wide)) + (1 - y) * np.log1p(np.exp(wide))
    L, _ = loss.terms(Z[None], np.full((1, Z.size), y))
    np.testing.assert_allclose(L[0], exact, rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sigmoid_layer_learns_from_a_wrong_certainty_as_its_logit_would(dtype):
    """∂𝓛/∂z = a − y through the layer too, down to the smallest probability that is a normal number."""
    Z = np.linspace(-np.log(1 / np.finfo(dtype).tiny) + 0.1, 5, 300, dtype=dtype)[None]
    A, cache = Sigmoid().forward(None, Z, None)
    for y in (0, 1):
        _, dA = BinaryCrossEntropy(from_logits=False).terms(A, np.full(Z.shape, y))
        dZ = Sigmoid().backward(None, None, dA, cache)
        np.testing.assert_allclose(dZ, A - y, rtol=1e3 * np.finfo(dtype).eps)


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy(), BinaryCrossEntropy(from_logits=False)])
def test_surprise_is_minus_the_logarithm_of_the_label_s_probability(loss):
    n = 3 if loss.type == "cross_entropy" else 1
    for steps in ((), (4,)):
        Z, Y = stream(0, 0).normal((*steps, n, 7)), stream(0, 1).integers(max(n, 2), (*steps, 7))
        if loss.threshold:
            Z = 1 / (1 + np.exp(-Z))
        P = loss.probabilities(Z)
        np.testing.assert_allclose(P.sum(axis=-2), 1)
        expected = -np.log(np.take_along_axis(P, Y[..., None, :], -2)[..., 0, :])
        np.testing.assert_allclose(loss.surprise(Z, Y), expected, rtol=1e-12)


def test_surprise_tells_what_is_nearly_impossible_from_what_is_more_so():
    Z, Y = np.array([[0.0, 0.0], [200.0, 300.0]], np.float32), np.zeros(2, int)
    assert CrossEntropy().surprise(Z, Y).tolist() == [200, 300]
    assert BinaryCrossEntropy().surprise(Z[1:], Y).tolist() == [200, 300]
