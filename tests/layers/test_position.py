"""position: what stands for a step; sequences read piece by piece, shorter and longer ones."""

from math import cos, sin

import numpy as np
import pytest
from layers.run import Run

from nntrain.errors import DataError
from nntrain.kernels.columns import in_columns
from nntrain.layers import Attention, Context, Position, Sequential, ShapeError
from nntrain.model.initializers import Normal
from nntrain.model.layer import Past
from nntrain.runtime.streams import stream


@pytest.mark.parametrize("n", [6, 5])
def test_sine_and_cosine_turn_in_turn_at_wavelengths_up_to_10000(n):
    Y = Run(Position("sinusoidal"), (4, n)).forward(np.zeros((4, n, 1)))
    for t in range(4):
        for i in range(n):
            angle = t / 10_000 ** (2 * (i // 2) / n)
            assert Y[t, i, 0] == pytest.approx(cos(angle) if i % 2 else sin(angle), abs=1e-15)


def test_a_learned_position_is_a_vector_for_each_step():
    run = Run(Position("learned", Normal(0.5)), (40, 50))
    assert run.p.P.shape == (40, 50)
    assert run.p.P.std() == pytest.approx(0.5, rel=0.05)
    X, dY = stream(0, 0).normal((40, 50, 3)), stream(0, 1).normal((40, 50, 3))
    Y = run.forward(X)
    assert pytest.approx(X + run.p.P[:, :, None]) == Y
    assert in_columns(Y)
    assert pytest.approx(dY) == run.backward(dY)
    assert pytest.approx(dY.sum(axis=2)) == run.g.P
    assert Run(Position("sinusoidal"), (40, 50)).layout.size == 0


@pytest.mark.parametrize("encoding", ["learned", "sinusoidal"])
def test_shorter_sequences_have_the_first_positions_and_pieces_have_theirs(encoding):
    run = Run(Sequential((Position(encoding), Attention(2, causal=True))), (7, 6))
    X = stream(0, 0).normal((7, 6, 3))
    whole, past, parts = run.evaluate(X), Past(), []
    assert run.evaluate(X[:4]) == pytest.approx(whole[:4], rel=1e-12)
    for steps in (slice(0, 3), slice(3, 4), slice(4, 7)):
        context = Context(training=False)
        context.past = past
        parts.append(run.layer.apply(run.p, X[steps], context))
        past.steps = steps.stop
    assert np.concatenate(parts) == pytest.approx(whole, rel=1e-12)


def test_a_longer_sequence_than_the_learned_ones_is_told():
    with pytest.raises(DataError, match=r"a sequence of 8 steps, where `position: learned` knows 7"):
        Run(Position("learned"), (7, 6)).forward(np.zeros((8, 6, 1)))
    assert Run(Position("sinusoidal"), (7, 6)).forward(np.zeros((8, 6, 1))).shape == (8, 6, 1)
    with pytest.raises(ShapeError, match="expected a sequence"):
        Position("learned").declare((6,))
