"""Recurrent layers: names and first values of parameters, padding, carried state, both directions, dropout."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import (
    GRU,
    LSTM,
    RNN,
    Context,
    Dense,
    Embedding,
    GlobalAvgPool,
    Last,
    MeanOverTime,
    Sequential,
    ShapeError,
    Symbols,
)
from nntrain.model.network import Network
from nntrain.model.parameters import Layout

KINDS = [RNN, GRU, LSTM]
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def inputs(T, n_x, m, seed=0):
    return np.random.default_rng(seed).standard_normal((T, n_x, m))


def context(lengths=None, state=None, training=False, step=0):
    context = Context(training=training, step=step)
    context.lengths, context.state = lengths, state
    return context


@pytest.mark.parametrize("kind", KINDS)
def test_saved_names_and_shapes(kind):
    gates = GATES[kind.type]
    out, tree = kind(3).declare((7, 5))
    shapes = {name: param.shape for name, param in Layout(tree, "x").names.items()}
    expected = {"x.W": (gates * 3, 5), "x.U": (gates * 3, 3), "x.b": (gates * 3, 1)}
    assert shapes == expected | ({"x.b_u": (9, 1)} if kind is GRU else {})
    assert out == (7, 3)
    assert kind(3, "last").declare((7, 5))[0] == (3,)
    both, tree = kind(3, bidirectional=True).declare((7, 5))
    assert both == (7, 6)
    names = Layout(tree, "x").names
    assert [name for name in names if name.endswith(".W")] == ["x.forward.W", "x.backward.W"]
    assert len(names) == 2 * len(shapes)


def test_a_new_lstm_remembers_the_forget_bias_is_1_and_the_others_0():
    b = Run(LSTM(3), (7, 5)).p.b[:, 0]
    assert b.tolist() == [0] * 3 + [1] * 3 + [0] * 6


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_weights_of_every_gate_are_orthogonal(kind):
    gates = np.split(Run(kind(6), (7, 5)).p.U, GATES[kind.type])
    for U in gates:
        np.testing.assert_allclose(U @ U.T, np.eye(6), atol=1e-12)
    assert not any(np.allclose(gates[0], U) for U in gates[1:])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_padded_batch_gives_exactly_what_each_sequence_gives_alone(kind, bidirectional):
    layers = [kind(4, bidirectional=bidirectional), Dense(3), kind(2, bidirectional=bidirectional)]
    lengths, X, dY = np.array([6, 1, 4, 3]), inputs(6, 5, 4), inputs(2 * (1 + bidirectional), 4, 1)[..., 0]
    run = Run(Sequential((*layers, Last())), (6, 5))
    run.context = context(lengths, training=True)
    Y, dX = run.forward(X), run.backward(dY)
    together = run.dtheta.copy()
    run.dtheta[...] = 0
    for j, length in enumerate(lengths):
        run.context = context(training=True)
        np.testing.assert_allclose(Y[:, j : j + 1], run.forward(X[:length, :, j : j + 1]), rtol=1e-12, atol=1e-14)
        alone = run.backward(dY[:, j : j + 1])
        np.testing.assert_allclose(dX[:length, :, j : j + 1], alone, rtol=1e-12, atol=1e-14)
        assert not dX[length:, :, j].any()
    np.testing.assert_allclose(together, run.dtheta, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_the_padding_changes_no_bit(kind):
    lengths, X = np.array([6, 1, 4]), inputs(6, 5, 3)
    other = np.where(np.arange(6)[:, None, None] < lengths, X, 1e3)
    run = Run(kind(4, bidirectional=True), (6, 5))
    run.context = context(lengths)
    assert np.array_equal(run.forward(X), run.forward(other))


@pytest.mark.parametrize("kind", KINDS)
def test_two_pieces_with_carried_state_are_one_long_sequence(kind):
    layer = Sequential((kind(4), kind(3)))
    X, run = inputs(10, 5, 3), Run(layer, (10, 5))
    whole = layer.apply(run.p, X, context())
    state = {}
    pieces = [layer.apply(run.p, X[part], context(state=state)) for part in (slice(0, 6), slice(6, 10))]
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-12, atol=1e-14)
    assert sorted(state) == [f"{kind.type}_1", f"{kind.type}_2"]
    assert [a.shape for a in state[f"{kind.type}_2"]] == [(3, 3)] * (2 if kind is LSTM else 1)


def test_state_is_kept_only_where_it_is_carried_and_never_written_into():
    run, first = Run(LSTM(4), (6, 5)), (np.ones((4, 3)), np.ones((4, 3)))
    state = {"": first}
    run.context = context(state=state)
    run.forward(inputs(6, 5, 3))
    assert all((a == 1).all() for a in first)
    assert state[""][0] is not first[0]
    run.context = context()
    run.forward(inputs(6, 5, 3))
    assert run.context.state is None


def test_the_backward_direction_begins_every_piece_anew():
    run, state = Run(RNN(4, bidirectional=True), (6, 5)), {}
    X = inputs(6, 5, 3)
    first, second = (run.layer.apply(run.p, X, context(state=state)) for _ in range(2))
    assert not np.allclose(first[:, :4], second[:, :4])
    assert np.array_equal(first[:, 4:], second[:, 4:])
    assert list(state) == ["forward"]


@pytest.mark.parametrize("kind", KINDS)
def test_last_of_both_directions_is_each_ones_end(kind):
    run, X = Run(kind(4, bidirectional=True), (6, 5)), inputs(6, 5, 3)
    A = run.forward(X)
    ends = kind(4, "last", bidirectional=True).apply(run.p, X, context())
    np.testing.assert_array_equal(ends, np.concatenate([A[-1, :4], A[0, 4:]]))


def test_recurrent_dropout_follows_the_step_and_is_gone_in_evaluation():
    layer, X = LSTM(8, recurrent_dropout=0.5), inputs(6, 5, 3)
    run = Run(layer, (6, 5))
    one, again, other = (layer.apply(run.p, X, context(training=True, step=step)) for step in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, other)
    np.testing.assert_array_equal(run.evaluate(X), LSTM(8).apply(run.p, X, context()))
    assert np.array_equal(one[0], run.evaluate(X)[0])  # the first step meets no state


def test_mean_over_time_is_global_avg_pool_by_another_name():
    X = inputs(6, 4, 3)
    for lengths in (None, np.array([2, 6, 1])):
        one, other = Run(MeanOverTime(), (6, 4)), Run(GlobalAvgPool(), (6, 4))
        one.context.lengths = other.context.lengths = lengths
        np.testing.assert_array_equal(one.forward(X), other.forward(X))
        np.testing.assert_array_equal(one.backward(X[0]), other.backward(X[0]))


def test_mean_over_time_and_last_count_valid_steps_alone():
    X, lengths = inputs(4, 2, 3), np.array([4, 1, 2])
    for layer, expected in ((MeanOverTime(), lambda x: x.mean(axis=0)), (Last(), lambda x: x[-1])):
        Y = layer.apply(None, X, context(lengths))
        for j, length in enumerate(lengths):
            np.testing.assert_allclose(Y[:, j], expected(X[:length, :, j]))


@pytest.mark.parametrize("layer", [LSTM(3), GRU(3), RNN(3), Last()])
def test_what_is_no_sequence_is_refused(layer):
    with pytest.raises(ShapeError, match=r"expected a sequence \(T, n\), got \(5,\) \(a vector\)"):
        layer.declare((5,))


@pytest.mark.parametrize("layers", [[Dense(3)], [LSTM(3)], [Sequential((GRU(2),))]])
def test_symbols_need_an_embedding(layers):
    with pytest.raises(ShapeError, match=r"got \(9,\) \(65 different symbols\); put `embedding` before it"):
        Network(Sequential(layers), Symbols((9,), 65))


def test_an_embedding_takes_its_size_from_the_symbols_and_refuses_numbers():
    network = Network(Sequential([Embedding(4), LSTM(3)]), Symbols((9,), 65))
    assert network.layout.names["embedding_1.W"].shape == (4, 65)
    with pytest.raises(ShapeError, match=r"expected symbols, integers \(T,\), got numbers \(9, 5\)"):
        Network(Sequential([Embedding(4)]), (9, 5))


def test_flops_count_the_products_twice_for_two_directions():
    one, both = LSTM(128).flops((64, 64)), LSTM(128, bidirectional=True).flops((64, 64))
    assert both == 2 * one
    assert one == pytest.approx(64 * 2 * 512 * (64 + 128), rel=0.05)
