"""Containers: names of parameters, shapes that must agree, and what is not computed."""

import weakref

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import (
    BatchNorm,
    Concatenate,
    Dense,
    Flatten,
    Identity,
    ReLU,
    Repeat,
    Residual,
    Sequential,
    ShapeError,
    Tanh,
)
from nntrain.model.layer import Layer
from nntrain.runtime.streams import stream


def names(layer, shape=(5,)):
    return list(Run(layer, shape).layout.names)


def test_parameters_are_named_by_type_and_count_or_as_given():
    layers = (Dense(4, bias=False), ReLU(), Dense(4, bias=False, name="logits"), Dense(3, bias=False))
    assert names(Sequential(layers)) == ["dense_1.W", "logits.W", "dense_3.W"]


def test_names_go_through_containers():
    block = Residual((Dense(5, bias=False),), shortcut=(Dense(5, bias=False),))
    branches = Concatenate((Dense(2, bias=False), (Tanh(), Dense(3, bias=False))))
    assert names(Sequential((block, branches))) == [
        "residual_1.dense_1.W",
        "residual_1.shortcut.dense_1.W",
        "concatenate_1.dense_1.W",
        "concatenate_1.sequential_1.dense_1.W",
    ]


def test_repeat_makes_copies_with_parameters_of_their_own():
    repeated = Repeat(2, (Dense(5, bias=False, name="hidden"), ReLU(), Dense(5, bias=False)))
    assert names(repeated) == ["hidden_1.W", "dense_2.W", "hidden_2.W", "dense_4.W"]
    run = Run(repeated, (5,))
    first, second = run.p.children[0].W, run.p.children[3].W
    assert not np.array_equal(first, second)
    same = Run(Sequential(repeated.chain), (5,))
    X = stream(0, 0).normal((5, 3))
    assert np.array_equal(same.forward(X), run.forward(X))


def test_two_layers_of_one_name_are_refused():
    with pytest.raises(ShapeError, match="'dense_2' too; give one of them another name") as error:
        Sequential((Dense(5, name="dense_2"), Dense(5))).declare((5,))
    assert error.value.layer is not None


def test_the_name_of_the_shortcut_is_taken():
    layer = Dense(5, name="shortcut")
    with pytest.raises(ShapeError, match="'shortcut' is the name of what goes around it; give this layer another") as e:
        Residual((layer,), shortcut=(Dense(5),)).declare((5,))
    assert e.value.layer is layer


def test_repeats_in_repeats_are_counted_before_they_are_made():
    inner = Repeat(1000, (Repeat(1000, (ReLU(), Residual((Dense(5),)))),))
    with pytest.raises(ShapeError, match="2,000,000 layers with all copies; expected at most 10,000"):
        inner.declare((5,))
    Repeat(1000, (ReLU(),) * 10).declare((5,))


def test_a_name_is_one_part_of_a_saved_name():
    with pytest.raises(ShapeError, match=r"letters, digits, _ and -, got 'a\.b'"):
        Sequential((Dense(3, name="a.b"),)).declare((5,))


def test_residual_adds_the_input():
    run = Run(Residual((Tanh(),)), (5,))
    X = stream(0, 0).normal((5, 3))
    assert run.forward(X) == pytest.approx(np.tanh(X) + X)


def test_residual_refuses_shapes_that_differ_and_names_both():
    layer = Residual((Dense(4),))
    with pytest.raises(ShapeError, match=r"the layers give \(4,\) \(a vector\), the shortcut \(5,\)") as e:
        layer.declare((5,))
    assert e.value.layer is layer
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        Residual((Dense(4),), shortcut=(Dense(3),)).declare((5,))


@pytest.mark.parametrize(("shape", "axis"), [((5,), 0), ((4, 5), 1), ((5, 2, 3), 0)])
def test_concatenate_joins_along_the_features(shape, axis):
    run = Run(Concatenate((Identity(), Tanh())), shape)
    X = stream(0, 0).normal((*shape, 3))
    Y = run.forward(X)
    assert Y.shape == (*run.out, 3)
    assert np.array_equal(Y, np.concatenate([X, np.tanh(X)], axis))


def test_concatenate_refuses_branches_that_differ_elsewhere():
    with pytest.raises(ShapeError, match=r"features alone, got identity_1 \(2, 3, 4\) \(an image\), flatten_1 \(24,\)"):
        Concatenate((Identity(), Flatten())).declare((2, 3, 4))
    with pytest.raises(ShapeError, match="at least one branch"):
        Concatenate(()).declare((5,))


def test_a_shape_error_belongs_to_the_innermost_layer():
    inner = Dense(3)
    with pytest.raises(ShapeError) as e:
        Sequential((Residual((Sequential((inner,)),)),)).declare((2, 3, 4))
    assert e.value.layer is inner


class NoInputGradient(Dense):
    def backward(self, p, g, dZ, X):
        raise AssertionError("dX of the first layer is needless work")


def test_the_first_layer_that_learns_computes_no_dX():
    run = Run(Sequential((Flatten(), NoInputGradient(4), ReLU(), Dense(3))), (2, 5))
    Z = run.forward(stream(0, 0).normal((2, 5, 7)))
    run.layer.accumulate(run.p, run.g, np.ones_like(Z), run.cache)
    assert run.g.children[1].W.any()


def test_a_network_without_parameters_learns_nothing_quietly():
    run = Run(Sequential((Tanh(), Flatten())), (2, 5))
    Z = run.forward(stream(0, 0).normal((2, 5, 7)))
    run.layer.accumulate(run.p, run.g, np.ones_like(Z), run.cache)
    assert run.dtheta.size == 0


def test_one_network_can_be_applied_twice_before_its_backward_passes():
    """As a discriminator is: gradients add up, caches do not mix."""
    layers = Sequential((Dense(4), Tanh(), BatchNorm(), Dense(3)))
    A, B = stream(0, 0).normal((5, 7)), stream(1, 0).normal((5, 7))
    both, first, second = (Run(layers, (5,)) for _ in range(3))
    (YA, cA), (YB, cB) = (layers.forward(both.p, X, both.context) for X in (A, B))
    layers.backward(both.p, both.g, np.ones_like(YA), cA)
    layers.backward(both.p, both.g, 2 * np.ones_like(YB), cB)
    first.forward(A), first.backward(np.ones_like(YA))
    second.forward(B), second.backward(2 * np.ones_like(YB))
    assert both.dtheta == pytest.approx(first.dtheta + second.dtheta)


def test_evaluation_keeps_no_cache():
    caches = []

    class Cache:
        pass

    class Watching(Layer):
        type = "watching"

        def forward(self, p, X, context):
            assert not any(cache() for cache in caches)
            cache = Cache()
            caches.append(weakref.ref(cache))
            return X, cache

    for chain in (Sequential((Watching(), Watching())), Residual((Watching(), Watching()))):
        Run(Sequential((chain, Watching())), (5,)).evaluate(np.ones((5, 3)))
    assert len(caches) == 6


def test_operations_add_up():
    assert Sequential((Dense(3), ReLU())).flops((4,)) == 27 + 3
    assert Repeat(2, (Dense(4),)).flops((4,)) == 2 * 36
    assert Residual((Dense(4),)).flops((4,)) == 36 + 4
    assert Concatenate((Dense(4), Identity())).flops((4,)) == 36
