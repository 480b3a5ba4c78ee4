"""Generated sequences are what their docstrings say."""

import numpy as np

from nntrain.data import Adding, CopyMemory, SineWaves


def everything(dataset):
    data = dataset.load(0, "float64")
    return data.facts, data.parts["train"].batch(np.arange(data.parts["train"].size))


def test_adding_marks_a_number_in_each_half():
    facts, batch = everything(Adding(500, length=9, validation=0))
    assert (facts.input_shape, facts.outputs) == ((9, 2), 1)
    numbers, marks = batch.X[:, 0], batch.X[:, 1]
    assert (marks[:4].sum(axis=0) == 1).all()
    assert (marks[4:].sum(axis=0) == 1).all()
    assert marks.sum(axis=1).all()  # every step is marked in some example
    np.testing.assert_allclose(batch.Y[0], (numbers * marks).sum(axis=0))
    assert abs(np.mean((batch.Y - 1) ** 2) - 1 / 6) < 0.03


def test_copy_memory_asks_for_the_symbols_after_the_delay():
    facts, batch = everything(CopyMemory(50, delay=4, symbols=3, kinds=5, validation=0))
    assert (facts.input_shape, facts.vocabulary, facts.classes) == ((10,), 7, 6)
    assert batch.X.dtype.kind == "i"
    X, Y = batch.X, batch.Y
    np.testing.assert_array_equal(Y[-3:], X[:3])
    assert set(np.unique(X[:3])) == {1, 2, 3, 4, 5}
    assert (X[6] == 6).all()
    assert not X[[3, 4, 5, 7, 8, 9]].any()
    assert not Y[:-3].any()


def test_sine_waves_are_foretold_a_step_ahead():
    facts, batch = everything(SineWaves(30, length=12, noise=0.0, validation=0))
    assert (facts.input_shape, facts.outputs) == ((12, 1), 1)
    np.testing.assert_array_equal(batch.Y[:-1], batch.X[1:])
    # sin(t + 1) + sin(t - 1) is the same multiple of sin t all along
    factor = (batch.Y[1:] + batch.X[:-1]) / batch.X[1:]
    np.testing.assert_allclose(factor, np.broadcast_to(factor[0], factor.shape), rtol=1e-6)
