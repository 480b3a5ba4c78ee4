"""Losses keep their digits where logits are large."""

import numpy as np
import pytest
from losses.cases import MASK, WEIGHTS

from nntrain.data.base import Facts
from nntrain.losses import CrossEntropy
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
