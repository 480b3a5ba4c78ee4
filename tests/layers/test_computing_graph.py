"""The computing graph of logistic regression, each mathematical step of the calculation as one step of its own.

    z = wᵀx + b        linear, then bias
    ŷ = a = σ(z)       sigmoid
    𝓛 = −(y log a + (1 − y) log(1 − a))        binary_cross_entropy with from_logits: false

and backwards by the chain rule from ∂𝓛/∂ŷ.  Notes on this graph often write "∂σ/∂z = a − y" at the last step; that is
∂𝓛/∂z = ∂𝓛/∂a · ∂a/∂z, the derivative of the loss.  ∂σ/∂z by itself is a (1 − a).
"""

import numpy as np
import pytest

from nntrain.layers import Bias, Context, Dense, Linear, Sequential, Sigmoid
from nntrain.losses import BinaryCrossEntropy
from nntrain.model.parameters import Layout
from nntrain.model.views import Views
from nntrain.runtime.streams import stream

N, M = 4, 7


@pytest.fixture
def example():
    """X (n, m), y (1, m), w (1, n): the course's wᵀ, and b (1, 1)."""
    random = stream(0, 0)
    y = random.integers(2, (1, M)).astype(float)
    return random.normal((N, M)), y, random.normal((1, N)), random.normal((1, 1))


def parameters(**arrays):
    return Views("", arrays), Views("", {name: np.zeros_like(array) for name, array in arrays.items()})


def test_every_step_of_the_graph_is_a_layer_and_the_chain_rule_gives_the_gradient(example):
    X, y, w, b = example
    context = Context(training=True)
    linear, bias, sigmoid, loss = Linear(1), Bias(), Sigmoid(), BinaryCrossEntropy(from_logits=False)
    p_linear, g_linear = parameters(W=w)
    p_bias, g_bias = parameters(b=b)
    nothing = Views("", {})

    u, cache_u = linear.forward(p_linear, X, context)
    assert u == pytest.approx(w @ X)
    z, cache_z = bias.forward(p_bias, u, context)
    assert z == pytest.approx(w @ X + b)
    a, cache_a = sigmoid.forward(nothing, z, context)
    assert a == pytest.approx(1 / (1 + np.exp(-z)))
    J, da = loss(a, y)
    assert pytest.approx(np.mean(-(y * np.log(a) + (1 - y) * np.log(1 - a)))) == J

    # ∂J/∂ŷ: the mean over the examples brings the 1/m
    assert da == pytest.approx((-y / a + (1 - y) / (1 - a)) / M)
    # ∂J/∂z = ∂J/∂ŷ · σ'(z), and σ'(z) = a (1 − a) turns it into a − y
    dz = sigmoid.backward(nothing, nothing, da, cache_a)
    assert dz == pytest.approx(da * a * (1 - a))
    assert dz == pytest.approx((a - y) / M)
    # ∂J/∂b and ∂J/∂w
    du = bias.backward(p_bias, g_bias, dz, cache_z)
    assert du == pytest.approx(dz)
    assert g_bias.b == pytest.approx(np.sum(a - y, keepdims=True) / M)
    dX = linear.backward(p_linear, g_linear, du, cache_u)
    assert pytest.approx((a - y) @ X.T / M) == g_linear.W
    assert dX == pytest.approx(w.T @ (a - y) / M)


def test_the_fused_form_is_equal(example):
    """dense, and the sigmoid within the loss: the same cost, the same gradients, ∂𝓛/∂z = a − y at once."""
    X, y, w, b = example
    context = Context(training=True)
    steps = Sequential((Linear(1), Bias(), Sigmoid()))
    layout = Layout(steps.declare((N,))[1])
    theta, gradient = np.concatenate([w.ravel(), b.ravel()]), np.zeros(N + 1)
    p, g = layout.views(theta), layout.views(gradient)
    a, caches = steps.forward(p, X, context)
    J, da = BinaryCrossEntropy(from_logits=False)(a, y)
    dX = steps.backward(p, g, da, caches)

    dense = Dense(1)
    p_dense, g_dense = parameters(W=w, b=b)
    z, cache = dense.forward(p_dense, X, context)
    J_fused, dz = BinaryCrossEntropy()(z, y)
    assert dz == pytest.approx((1 / (1 + np.exp(-z)) - y) / M)
    dX_fused = dense.backward(p_dense, g_dense, dz, cache)

    assert J_fused == pytest.approx(J)
    assert dX_fused == pytest.approx(dX)
    assert np.concatenate([g_dense.W.ravel(), g_dense.b.ravel()]) == pytest.approx(gradient)


@pytest.mark.parametrize("shape", [(N,), (3, N)])
def test_dense_is_linear_and_then_bias(shape):
    random = stream(1, 0)
    X, dZ = random.normal((*shape, M)), random.normal((*shape[:-1], 5, M))
    w, b = random.normal((5, N)), random.normal((5, 1))
    context = Context(training=True)
    whole, p = Dense(5), parameters(W=w, b=b)
    linear, p_linear = Linear(5), parameters(W=w)
    bias, p_bias = Bias(), parameters(b=b)

    Z, cache = whole.forward(p[0], X, context)
    U, cache_linear = linear.forward(p_linear[0], X, context)
    Z_steps, cache_bias = bias.forward(p_bias[0], U, context)
    assert pytest.approx(Z_steps) == Z

    dX = whole.backward(*p, dZ, cache)
    dX_steps = linear.backward(*p_linear, bias.backward(*p_bias, dZ, cache_bias), cache_linear)
    assert dX == pytest.approx(dX_steps)
    assert pytest.approx(p_linear[1].W) == p[1].W
    assert p[1].b == pytest.approx(p_bias[1].b)
