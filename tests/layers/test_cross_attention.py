"""cross_attention: names and shapes, what a step sees of the source, the gradient of the encoder's output."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.reference import naive_attention as naive
from nntrain.layers import Context, CrossAttention, Dense, Residual, Sequential, ShapeError, Source, WithSource
from nntrain.model.layer import Past
from nntrain.runtime.streams import stream


def decoder(layer, shape, source, m=3, lengths=None):
    """A layer that is run beside a source (T_s, n_s, m) of random numbers."""
    run = Run(layer, WithSource(shape, source))
    run.theta[...] += 0.3 * stream(2, 0).normal(run.theta.shape)
    run.context.source = Source(stream(3, 0).normal((*source, m)), lengths)
    return run


def applied(run, X, lengths=None, past=None, source=None):
    context = Context(training=False)
    context.lengths, context.past = lengths, past
    context.source = source or run.context.source
    return run.layer.apply(run.p, X, context)


def test_matrices_are_drawn_by_the_widths_that_they_join():
    p = Run(CrossAttention(2, 40), WithSource((5, 60), (7, 30))).p
    for W, n in ((p.W_q, 60), (p.W_k, 30), (p.W_v, 30), (p.W_o, 60)):
        assert W.var() == pytest.approx(2 / (40 + n), rel=0.1)


def test_keys_and_values_have_the_width_of_the_source():
    layout = Run(CrossAttention(2, 8), WithSource((5, 6), (7, 3))).layout
    assert {name: param.shape for name, param in layout.names.items()} == {
        "W_q": (8, 6),
        "b_q": (8, 1),
        **{f"W_{name}": (8, 3) for name in "kv"},
        **{f"b_{name}": (8, 1) for name in "kv"},
        "W_o": (6, 8),
        "b_o": (6, 1),
    }
    assert {name for name, param in layout.names.items() if param.decay} == {"W_q", "W_k", "W_v", "W_o"}
    assert list(Run(CrossAttention(2, bias=False), WithSource((5, 6), (7, 3))).layout.names) == [
        *("W_q", "W_k", "W_v", "W_o"),
    ]


@pytest.mark.parametrize("lengths", [None, np.array([7, 1, 4])])
def test_it_is_the_equation_head_by_head(lengths):
    h, d, T, n, T_s, n_s, m = 2, 4, 5, 6, 7, 3, 3
    run = decoder(CrossAttention(h, h * d), (T, n), (T_s, n_s), m, lengths)
    X, p, S = stream(0, 0).normal((T, n, m)), run.p, run.context.source.A

    def heads(W, b, A):
        return np.stack([W @ A[..., j].T + b for j in range(m)], axis=1).reshape(h, d, m, -1).swapaxes(1, 2)

    Q, K, V = heads(p.W_q, p.b_q, X), heads(p.W_k, p.b_k, S), heads(p.W_v, p.b_v, S)
    O = naive.attention_forward(V, naive.attention_weights(Q / np.sqrt(d), K, lengths=lengths))
    Y = run.forward(X)
    for j in range(m):
        assert pytest.approx(p.W_o @ O[:, j].reshape(h * d, T) + p.b_o) == Y[..., j].T


def test_gradients_of_the_source_add_up_over_the_layers_that_read_it():
    X, dY = stream(0, 0).normal((5, 6, 3)), stream(1, 0).normal((5, 6, 3))
    one = CrossAttention(2)
    both = decoder(Sequential((Residual((one,)), Residual((Dense(6), one)))), (5, 6), (4, 3))
    both.forward(X)
    both.backward(dY)

    def J(S):
        return (dY * applied(both, X, source=Source(S))).sum()

    S, V = both.context.source.A, stream(4, 0).normal((4, 3, 3))
    numeric = (J(S + 1e-6 * V) - J(S - 1e-6 * V)) / 2e-6
    assert (both.context.source.dA * V).sum() == pytest.approx(numeric, rel=1e-7)


def test_what_stands_behind_an_end_changes_nothing_on_either_side():
    """Of source and target; and where nothing counts no gradient goes."""
    of_source, own = np.array([4, 1, 2]), np.array([1, 5, 3])
    counts, read = np.arange(5)[:, None, None] < own, np.arange(4)[:, None, None] < of_source
    dY = stream(1, 0).normal((5, 6, 3)) * counts
    results = []
    for garbage in (0.0, 1e3):
        run = decoder(CrossAttention(2), (5, 6), (4, 3), lengths=of_source)
        source = run.context.source
        source.A, run.context.lengths = np.where(read, source.A, garbage), own
        X = np.where(counts, stream(0, 0).normal((5, 6, 3)), garbage)
        Y = run.forward(X)
        dX = run.backward(dY)
        assert not np.where(read, 0, source.dA).any()
        results.append([np.where(counts, Y, 0), applied(run, X, own) * counts, dX, source.dA, run.dtheta])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_keys_and_values_of_the_source_are_made_once_while_a_text_is_written():
    run = decoder(CrossAttention(2), (5, 6), (4, 3), lengths=np.array([4, 1, 2]))
    X, past = stream(0, 0).normal((5, 6, 3)), Past()
    whole = applied(run, X)
    first = applied(run, X[:2], past=past)
    run.context.source.A[...] = np.nan  # is not looked at again
    rest = [applied(run, X[t : t + 1], past=past) for t in (2, 3, 4)]
    assert np.concatenate([first, *rest]) == pytest.approx(whole, rel=1e-12)


def test_operations_are_counted():
    # Q and Y, K and V; S and O for every pair; exp, sum and twice a division
    shape, (T, n), (T_s, n_s), units, h = WithSource((5, 6), (7, 3)), (5, 6), (7, 3), 8, 2
    products = 2 * T * n * 2 * units + 2 * T_s * n_s * 2 * units
    pairs = T * T_s * (4 * units + 4 * h)
    assert CrossAttention(h, units, bias=False).flops(shape) == products + pairs
    assert CrossAttention(h, units).flops(shape) == products + pairs + T * (units + n) + 2 * T_s * units


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (CrossAttention(2), (5, 6), "expected to stand in a decoder"),
        (CrossAttention(2), WithSource((5, 6), (8,)), r"expected an encoder that gives a sequence .*got \(8,\)"),
        (CrossAttention(4), WithSource((5, 6), (5, 8)), "expected features of the input that 4 heads share equally"),
        (CrossAttention(1), WithSource((6,), (5, 8)), r"expected a sequence \(T, n\), got \(6,\)"),
    ],
)
def test_what_it_cannot_take_is_told(layer, shape, words):
    with pytest.raises(ShapeError, match=words) as e:
        layer.declare(shape)
    assert e.value.layer is layer
