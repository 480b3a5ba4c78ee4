"""The references: their derivatives are those of their own forward passes; every kernel has one; no run imports any."""

import ast
from pathlib import Path

import numpy as np
import pytest

import nntrain
from nntrain.kernels.reference import naive_attention as attention
from nntrain.kernels.reference import naive_convolution as convolution
from nntrain.kernels.reference import naive_dense as dense
from nntrain.kernels.reference import naive_functions as functions
from nntrain.kernels.reference import naive_normalization as normalization
from nntrain.kernels.reference import naive_pooling as pooling
from nntrain.kernels.reference.naive_recurrence import recurrent_backward, recurrent_forward
from nntrain.kernels.windows import window

ROOT = Path(nntrain.__file__).parent

# kernel: its reference
REFERENCES = {
    "affine": "naive_dense",
    "affine_steps": "naive_dense",
    "attention": "naive_attention",
    "batch_norm": "naive_normalization",
    "correlation": "naive_convolution",
    "cross_entropy": "naive_functions",
    "depthwise": "naive_convolution",
    "direct": "naive_convolution",
    "elementwise": "naive_functions",
    "gelu": "naive_functions",
    "gru": "naive_cells",
    "layer_norm": "naive_normalization",
    "logistic": "naive_functions",
    "lookup": "naive_dense",
    "lstm": "naive_cells",
    "pool2d": "naive_pooling",
    "rnn": "naive_cells",
    "rotation": "naive_attention",
    "winograd": "naive_convolution",
}
MEANS = {
    "attention_blocks",
    "columns",
    "products",
    "recurrence",
    "scratch",
    "sequences",
    "tiles",
    "windows",
}  # what kernels are made with


def test_every_kernel_has_a_reference():
    kernels = {path.stem for path in (ROOT / "kernels").glob("*.py")} - {"__init__"} - MEANS
    assert kernels - set(REFERENCES) == set(), "write a reference, use it in the kernel's tests, and name it above"
    assert all((ROOT / "kernels" / "reference" / f"{name}.py").exists() for name in REFERENCES.values())


def test_nothing_but_the_references_imports_a_reference():
    importing = [
        path
        for path in ROOT.rglob("*.py")
        if path.parent.name != "reference"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and "nntrain.kernels.reference" in ast.unparse(node)
    ]
    assert not importing


# --- derivatives -------------------------------------------------------------------------------------------------


def random(*shapes, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.standard_normal(shape) for shape in shapes]


def central_difference(cost, array, step=1e-6):
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept, costs = array[place], []
        for value in (kept + step, kept - step):
            array[place] = value
            costs.append(cost())
        array[place] = kept
        gradient[place] = (costs[0] - costs[1]) / (2 * step)
    return gradient


def check(forward, backward, inputs):
    """`backward(dZ)` gives the derivatives of Σ dZ ∘ forward() by each of the inputs."""
    (dZ,) = random(np.shape(forward()), seed=1)
    for found, array in zip(backward(dZ), inputs, strict=True):
        expected = central_difference(lambda: np.sum(forward() * dZ), array)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_dense():
    W, b, X = random((3, 4), (3, 1), (4, 2))
    check(lambda: dense.dense_forward(W, b, X), lambda dZ: dense.dense_backward(dZ, W, X), (X, W, b))


def test_dense_at_every_step():
    W, b, X = random((3, 4), (3, 1), (5, 4, 2))
    check(lambda: dense.dense_steps_forward(W, b, X), lambda dZ: dense.dense_steps_backward(dZ, W, X), (X, W, b))


def test_lookup():
    (W,), X = random((3, 6)), np.array([[0, 5], [2, 2], [1, 2]])
    check(lambda: dense.lookup_forward(W, X), lambda dA: [dense.lookup_backward(dA, W, X)], (W,))


@pytest.mark.parametrize(("groups", "stride", "dilation"), [(1, 1, 1), (2, (2, 1), (1, 2))])
def test_convolution(groups, stride, dilation):
    slid = window((5, 4), (3, 2), stride, 1, dilation)
    X, W, b = random((2, 5, 4, 2), (4, 2 // groups, 3, 2), (4, 1))
    check(
        lambda: convolution.convolution_forward(X, W, b, slid, groups),
        lambda dZ: convolution.convolution_backward(dZ, X, W, slid, groups),
        (X, W, b),
    )


@pytest.mark.parametrize(("groups", "stride", "dilation"), [(1, 1, 1), (2, (2, 1), (1, 2))])
def test_transposed_convolution(groups, stride, dilation):
    slid = window((5, 4), (3, 2), stride, 1, dilation)
    X, W, b = random((2, *slid.output_size((5, 4)), 2), (2, 4 // groups, 3, 2), (4, 1))
    check(
        lambda: convolution.transposed_convolution_forward(X, W, b, slid, (5, 4), groups),
        lambda dZ: convolution.transposed_convolution_backward(dZ, X, W, slid, groups),
        (X, W, b),
    )


def test_pooling():
    slid = window((5, 6), (3, 2), 2, 1)
    (X,) = random((3, 5, 6, 2))
    check(lambda: pooling.max_pool_forward(X, slid), lambda dY: [pooling.max_pool_backward(dY, X, slid)], (X,))
    check(
        lambda: pooling.average_pool_forward(X, slid),
        lambda dY: [pooling.average_pool_backward(dY, slid, (5, 6))],
        (X,),
    )


def test_normalization():
    X, gamma, beta = random((3, 4, 2), (3, 1), (3, 1))
    check(
        lambda: normalization.batch_norm_forward(X, gamma, beta, 1e-3)[0],
        lambda dZ: normalization.batch_norm_backward(dZ, X, gamma, 1e-3),
        (X, gamma, beta),
    )
    x = X[:, 0]
    check(
        lambda: normalization.layer_norm_forward(x, gamma, beta, 1e-3),
        lambda dZ: normalization.layer_norm_backward(dZ, x, gamma, 1e-3),
        (x, gamma, beta),
    )
    check(
        lambda: normalization.rms_norm_forward(x, gamma, 1e-3),
        lambda dZ: normalization.rms_norm_backward(dZ, x, gamma, 1e-3),
        (x, gamma),
    )


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal):
    Q, K, V, D = random((2, 3, 2, 4), (2, 3, 2, 5), (2, 3, 2, 5), (2, 3, 5, 4))
    lengths = np.array([5, 2, 4])

    def weights():
        return attention.attention_weights(Q, K, causal, lengths)

    check(
        lambda: attention.attention_forward(V, weights() * D),
        lambda dO: attention.attention_backward(dO, Q, K, V, weights(), D),
        (Q, K, V),
    )


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
@pytest.mark.parametrize("reverse", [False, True])
def test_recurrence(cell, gates, reverse):
    T, n_x, n, m = 4, 3, 2, 3
    X, W, U, b, b_u, a, c, mask = random(
        *((T, n_x, m), (gates * n, n_x), (gates * n, n), (gates * n, 1), (gates * n, 1), (n, m), (n, m), (n, m))
    )
    p = {"W": W, "U": U, "b": b} | ({"b_u": b_u} if cell == "gru" else {})
    first = (a, c) if cell == "lstm" else (a,)
    rest = np.array([4, 1, 3]), mask, reverse

    def forward():
        A, last = recurrent_forward(cell, p, X, first, *rest)
        return np.concatenate([A, np.stack(last)])

    def backward(d):
        dX, d_first, g = recurrent_backward(cell, p, X, first, d[:T], tuple(d[T:]), *rest)
        return [dX, *d_first, *g.values()]

    check(forward, backward, (X, *first, *p.values()))


@pytest.mark.parametrize("name", functions.ACTIVATIONS)
def test_activation_functions(name):
    (Z,) = random((4, 3))
    check(
        lambda: functions.activation_forward(name, Z),
        lambda dA: [functions.activation_backward(name, dA, Z)],
        (Z,),
    )


def test_softmax_and_cross_entropy():
    (Z,), Y, mask = random((3, 4, 2)), np.array([[0, 3], [1, 1], [2, 0]]), np.array([[1, 1], [0, 1], [1, 0]], bool)
    z = Z[0]
    check(lambda: functions.softmax_forward(z), lambda dA: [functions.softmax_backward(dA, z)], (z,))
    for counts in (None, mask):
        expected = central_difference(lambda counts=counts: functions.cross_entropy(Z, Y, counts)[0], Z)
        np.testing.assert_allclose(functions.cross_entropy(Z, Y, counts)[1], expected, rtol=1e-6, atol=1e-9)


def test_the_logistic_loss():
    (Z,), Y = random((3, 2)), np.array([[0, 1], [0.3, 0.9], [1, 0]])
    _, A = functions.logistic_losses(Z, Y)
    expected = central_difference(lambda: np.sum(functions.logistic_losses(Z, Y)[0]), Z)
    np.testing.assert_allclose(A - Y, expected, rtol=1e-6, atol=1e-9)
