"""attention: names and shapes, what a step sees, initial values, going on with a sequence."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.columns import in_columns
from nntrain.kernels.reference import naive_attention as naive
from nntrain.layers import Attention, Context, Sequential, ShapeError
from nntrain.model.initializers import Constant, Normal
from nntrain.model.layer import Past
from nntrain.runtime.streams import stream


def test_parameters_have_the_names_and_shapes_of_the_paper():
    layout = Run(Attention(2, 8), (5, 6)).layout
    assert {name: param.shape for name, param in layout.names.items()} == {
        **{f"W_{name}": (8, 6) for name in "qkv"},
        **{f"b_{name}": (8, 1) for name in "qkv"},
        "W_o": (6, 8),
        "b_o": (6, 1),
    }
    assert {name for name, param in layout.names.items() if param.decay} == {"W_q", "W_k", "W_v", "W_o"}
    assert list(Run(Attention(2, bias=False), (5, 6)).layout.names) == ["W_q", "W_k", "W_v", "W_o"]
    assert Run(Attention(2), (5, 6)).p.W_q.shape == (6, 6)


@pytest.mark.parametrize("causal", [False, True])
def test_it_is_the_equation_head_by_head(causal):
    h, d, T, n, m = 2, 4, 5, 6, 3
    run = Run(Attention(h, h * d, causal=causal), (T, n))
    run.theta[...] += 0.3 * stream(2, 0).normal(run.theta.shape)
    X, p = stream(0, 0).normal((T, n, m)), run.p
    Q, K, V = (
        np.stack([W @ X[..., j].T + b for j in range(m)], axis=1).reshape(h, d, m, T).swapaxes(1, 2)
        for W, b in ((p.W_q, p.b_q), (p.W_k, p.b_k), (p.W_v, p.b_v))
    )
    O = naive.attention_forward(V, naive.attention_weights(Q / np.sqrt(d), K, causal))
    Y = run.forward(X)
    for j in range(m):
        assert pytest.approx(p.W_o @ O[:, j].reshape(h * d, T) + p.b_o) == Y[..., j].T
    assert in_columns(Y)


def test_each_matrix_is_drawn_by_its_name_and_initializer():
    run = Run(Attention(2, 40, init=Normal(0.5), output_init=Constant(0.1)), (5, 60))
    assert run.p.W_k.std() == pytest.approx(0.5, rel=0.05)
    assert not np.array_equal(run.p.W_q, run.p.W_k)
    assert (run.p.W_o == 0.1).all()
    run = Run(Attention(2, 40), (5, 60))
    for W in (run.p.W_q, run.p.W_v, run.p.W_o):
        assert W.var() == pytest.approx(2 / (40 + 60), rel=0.05)


def test_a_step_of_causal_attention_sees_no_later_step():
    run = Run(Attention(2, causal=True, positions="rope"), (6, 8))
    X = stream(0, 0).normal((6, 8, 3))
    other = X.copy()
    other[4:] += 1
    Y, Y_other = run.forward(X), run.forward(other)
    assert np.array_equal(Y[:4], Y_other[:4])
    assert not np.isclose(Y[4:], Y_other[4:]).any(axis=1).all()


def test_without_positions_the_order_of_the_steps_is_unknown():
    X, order = stream(0, 0).normal((6, 8, 3)), [3, 0, 5, 1, 2, 4]
    plain = Run(Attention(2), (6, 8))
    assert plain.forward(X[order]) == pytest.approx(plain.forward(X)[order])
    turned = Run(Attention(2, positions="rope"), (6, 8))
    assert turned.forward(X[order]) != pytest.approx(turned.forward(X)[order])


def test_dropout_is_of_training_alone_and_differs_from_step_to_step():
    layer = Attention(2, dropout=0.5)
    X = stream(0, 0).normal((6, 8, 3))
    plain, dropping = Run(Attention(2), (6, 8)), Run(layer, (6, 8))
    assert np.array_equal(dropping.evaluate(X), plain.evaluate(X))
    outputs = []
    for step in (0, 0, 1):
        dropping.context = Context(training=True, step=step)
        outputs.append(dropping.forward(X))
    assert np.array_equal(outputs[0], outputs[1])
    assert not np.allclose(outputs[0], outputs[2])


@pytest.mark.parametrize("pieces", [[7], [1] * 7, [3, 1, 2, 1]])
@pytest.mark.parametrize("positions", ["none", "rope"])
def test_a_sequence_read_piece_by_piece_gives_what_the_whole_gives(pieces, positions):
    run = Run(Sequential([Attention(2, causal=True, positions=positions)] * 2), (7, 8))
    X = stream(0, 0).normal((7, 8, 3))
    whole, parts, past = run.evaluate(X), [], Past()
    for length in pieces:
        context = Context(training=False)
        context.past = past
        parts.append(run.layer.apply(run.p, X[past.steps : past.steps + length], context))
        past.steps += length
    assert np.concatenate(parts) == pytest.approx(whole, rel=1e-12)


def test_operations_are_counted():
    # T n (3 units) and T units n multiply-adds; S and O for every pair; exp, sum and twice a division
    T, n, units, h = 5, 6, 8, 2
    products = 2 * T * n * 4 * units
    assert Attention(h, units, bias=False).flops((T, n)) == products + T * T * (4 * units + 4 * h)
    assert Attention(h, units, bias=False, causal=True).flops((T, n)) == products + 15 * (4 * units + 4 * h)
    assert Attention(h, units).flops((T, n)) == products + T * T * (4 * units + 4 * h) + T * (3 * units + n)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Attention(2), (6,), r"expected a sequence \(T, n\), got \(6,\) \(a vector\)"),
        (Attention(4), (5, 6), "expected features of the input that 4 heads share equally, got 6"),
        (Attention(3, 8), (5, 6), "expected units that 3 heads share equally, got 8"),
        (Attention(2, positions="rope"), (5, 6), "rope turns pairs of features, and a head has 3"),
    ],
)
def test_what_it_cannot_take_is_told(layer, shape, words):
    with pytest.raises(ShapeError, match=words) as e:
        layer.declare(shape)
    assert e.value.layer is layer
