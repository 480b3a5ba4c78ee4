"""Places of parameters in one flat vector: stacked arrays, and arrays that two layers share."""

import numpy as np
import pytest

from nntrain.model.initializers import Constant, Normal
from nntrain.model.parameters import Layout, Param, Shared, Stacked, count
from nntrain.model.views import Zeros


def matrix(rows, value):
    return Param((rows, 3), Constant(value), decay=True)


TREE = {
    "first": {"b": Param((2, 1), Constant(9.0)), "W_qv": Stacked({"W_q": matrix(2, 1.0), "W_v": matrix(4, 2.0)})},
    "second": {"W": Shared("first.W_q", matrix(2, 1.0)), "gamma": Param((3, 1), Constant(7.0))},
}


def views(tree, prefix=""):
    layout = Layout(tree, prefix)
    theta = np.zeros(layout.size)
    layout.draw(theta, 0)
    return layout, theta, layout.views(theta)


def test_stacked_arrays_are_saved_apart_and_read_as_one():
    layout, theta, p = views(TREE)
    assert list(layout.names) == ["first.b", "first.W_q", "first.W_v", "second.gamma"]
    first = p.children[0]
    assert first.W_qv.tolist() == [[1.0] * 3] * 2 + [[2.0] * 3] * 4
    assert np.shares_memory(first.W_qv, first.W_v)
    first.W_qv[5] = 5.0
    assert first.W_v[3].tolist() == [5.0] * 3
    assert layout.array(theta, "first.W_v")[3].tolist() == [5.0] * 3


def test_each_part_is_drawn_by_its_own_name():
    parts = {name: Param((2, 3), Normal(1.0), decay=True) for name in ("W_q", "W_k")}
    together, apart = views({"W": Stacked(parts)})[1], views(parts)[1]
    assert np.array_equal(together, apart)


@pytest.mark.parametrize("prefix", ["", "decoder"])
def test_a_shared_array_is_that_of_the_layer_which_declares_it(prefix):
    layout, theta, p = views(TREE, prefix)
    assert theta.size == 2 + 6 + 12 + 3
    assert np.shares_memory(p.children[1].W, p.children[0].W_q)
    gradient = layout.views(np.zeros(layout.trainable))
    Zeros(gradient).mark(True)
    assert not gradient.children[0].zero
    assert not gradient.children[1].zero


def test_a_layer_that_shares_can_be_had_alone():
    layout, _, p = views(TREE["second"])
    assert list(layout.names) == ["W", "gamma"]
    assert p.W.tolist() == [[1.0] * 3] * 2
    assert count(TREE["second"]) == 3
    assert count(TREE) == 23
