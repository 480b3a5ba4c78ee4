"""A sequence may lie as (T, n, m) or in columns, as (n, m, T): layers compute the same, and keep the order."""

import numpy as np
import pytest
from layers.cases import CASES
from layers.run import Run

from nntrain.kernels.columns import columns, in_columns, of_steps, sequence
from nntrain.layers import GELU, Concatenate, Dense, Dropout, Identity, LayerNorm, Product, Residual, RMSNorm, Tanh
from nntrain.losses import CrossEntropy
from nntrain.runtime.streams import stream

SEQUENCES = [
    pytest.param(case, id=f"{name}-{i}")
    for name, cases in CASES.items()
    for i, case in enumerate(cases)
    if len(case.shape) == 2 and "Dropout(" not in repr(case.layer)  # which draws for the elements as they lie
]
KEEPING = [
    Dense(3),
    LayerNorm(),
    RMSNorm(),
    GELU(),
    Tanh(),
    Dropout(0.0),
    Residual((Dense(5),)),
    Product((Identity(), Tanh())),
    Concatenate((Tanh(), Identity())),
]


def put_in_columns(X):
    return np.ascontiguousarray(X.transpose(1, 2, 0)).transpose(2, 0, 1)


def test_columns_are_examples_with_their_steps():
    X = stream(0, 0).normal((4, 5, 3))
    M = columns(X)
    assert M.shape == (5, 12)
    for t, j in np.ndindex(4, 3):
        assert np.array_equal(M[:, j * 4 + t], X[t, :, j])
    assert np.array_equal(sequence(M, 4), X)
    assert in_columns(sequence(M, 4))
    assert not in_columns(X)
    assert np.shares_memory(columns(sequence(M, 4)), M)
    assert np.array_equal(of_steps(X[:, 0]), M[0])


@pytest.mark.parametrize("case", SEQUENCES)
def test_the_order_in_memory_changes_no_number(case):
    m = 6
    X = stream(0, 0).normal((*case.shape, m))
    plain, other = Run(case.layer, case.shape), Run(case.layer, case.shape)
    plain.context, other.context = case.context(m), case.context(m)
    Y = plain.forward(X)
    dY = stream(1, 0).normal(Y.shape)
    dX = plain.backward(dY)
    assert other.forward(put_in_columns(X)) == pytest.approx(Y, rel=1e-12, abs=1e-12)
    assert other.backward(put_in_columns(dY) if dY.ndim == 3 else dY) == pytest.approx(dX, rel=1e-11, abs=1e-11)
    assert other.dtheta == pytest.approx(plain.dtheta, rel=1e-11, abs=1e-11)
    mixed = Run(case.layer, case.shape)
    mixed.context = case.context(m)
    mixed.forward(X)
    assert mixed.backward(put_in_columns(dY) if dY.ndim == 3 else dY) == pytest.approx(dX, rel=1e-11, abs=1e-11)
    assert mixed.dtheta == pytest.approx(plain.dtheta, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("layer", KEEPING, ids=lambda layer: layer.type)
@pytest.mark.parametrize("m", [1, 7, 3000])
def test_layers_that_work_step_by_step_keep_the_order(layer, m):
    run = Run(layer, (40, 5), "float32")
    X = stream(0, 0).normal((40, 5, m), "float32")
    Y = run.forward(put_in_columns(X))
    assert in_columns(Y)
    assert in_columns(run.backward(put_in_columns(np.ones(Y.shape, "float32"))))
    Y = run.forward(X)
    assert Y.flags.c_contiguous
    assert run.backward(np.ones(Y.shape, "float32")).flags.c_contiguous


def test_dropout_drops_the_same_share_in_columns():
    run = Run(Dropout(0.25), (40, 5))
    Y = run.forward(put_in_columns(np.ones((40, 5, 600))))
    assert in_columns(Y)
    assert np.mean(Y == 0) == pytest.approx(0.25, abs=0.01)
    assert np.array_equal(run.backward(put_in_columns(np.ones(Y.shape))), Y)


@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(0.1), CrossEntropy(0.1, (1.0, 2.0, 0.5, 1.5, 0.2))])
@pytest.mark.parametrize("padded", [False, True])
def test_the_cross_entropy_takes_logits_in_columns(loss, padded):
    random = stream(0, 0)
    Z, Y = random.normal((4, 5, 3)), random.integers(5, (4, 3))
    mask = np.arange(4)[:, None] < [2, 4, 1] if padded else None
    (J, dZ), (J_other, dZ_other) = loss(Z, Y, mask), loss(put_in_columns(Z), Y, mask)
    assert J_other == pytest.approx(J, rel=1e-12)
    assert loss.evaluate(put_in_columns(Z), Y, mask) == pytest.approx(J, rel=1e-12)
    assert dZ_other == pytest.approx(dZ, rel=1e-12)
    assert in_columns(dZ_other)
