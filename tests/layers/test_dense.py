"""dense, linear and bias: the equations, the shapes they take, and that threads never change a bit."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.kernels.reference.naive_dense import dense_backward, dense_forward
from nntrain.layers import Bias, Context, Dense, Linear, Sequential, ShapeError
from nntrain.model.network import Network
from nntrain.runtime import threads
from nntrain.runtime.streams import stream


def normal(*shape, dtype="float64", seed=0):
    return stream(seed, 1).normal(shape, dtype)


@pytest.mark.parametrize("m", [1, 5])
def test_dense_is_the_equation_of_the_course_example_by_example(m):
    run = Run(Dense(3), (4,))
    run.p.b[...] = normal(3, 1, seed=2)
    X, dZ = normal(4, m), normal(3, m, seed=3)
    assert run.forward(X) == pytest.approx(dense_forward(run.p.W, run.p.b, X))
    dX, dW, db = dense_backward(dZ, run.p.W, X)
    assert run.backward(dZ) == pytest.approx(dX)
    np.testing.assert_allclose(run.g.W, dW, rtol=1e-12)
    np.testing.assert_allclose(run.g.b, db, rtol=1e-12)


@pytest.mark.parametrize("layer", [Dense(3), Linear(3)], ids=["dense", "linear"])
def test_a_sequence_is_worked_step_by_step(layer):
    whole, single = Run(layer, (6, 4)), Run(layer, (4,))
    X, dZ = normal(6, 4, 5), normal(6, 3, 5, seed=3)
    Z, dX = whole.forward(X), whole.backward(dZ)
    assert whole.out == (6, 3)
    for t in range(6):
        assert Z[t] == pytest.approx(single.forward(X[t]))
        assert dX[t] == pytest.approx(single.backward(dZ[t]))
    assert whole.dtheta == pytest.approx(single.dtheta)


def test_parameters_have_the_names_and_shapes_of_the_course():
    _, tree = Dense(3).declare((4,))
    assert {name: param.shape for name, param in tree.items()} == {"W": (3, 4), "b": (3, 1)}
    assert tree["W"].decay
    assert not tree["b"].decay
    assert list(Dense(3, bias=False).declare((4,))[1]) == ["W"]


@pytest.mark.parametrize("layer", [Dense(3), Linear(3), Bias()], ids=lambda layer: layer.type)
def test_an_image_is_refused_with_the_way_out(layer):
    with pytest.raises(ShapeError, match=r"expected a vector .* got \(3, 8, 9\) \(an image\); put `flatten`") as e:
        layer.declare((3, 8, 9))
    assert e.value.layer is layer


def test_operations_are_counted():
    assert Dense(3).flops((4,)) == 2 * 3 * 4 + 3
    assert Dense(3, bias=False).flops((6, 4)) == 6 * 2 * 3 * 4
    assert Linear(3).flops((4,)) + Bias().flops((3,)) == Dense(3).flops((4,))
    assert Linear(3).flops((6, 4)) + Bias().flops((6, 3)) == Dense(3).flops((6, 4))


SIZES = [(64, 784, 32), (512, 784, 128), (500, 300, 257), (400, 2100, 20), (24, 100, 7000)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_bits_do_not_depend_on_the_number_of_threads(sizes):
    n_y, n_x, m = sizes
    X, dZ = normal(n_x, m, dtype="float32"), normal(n_y, m, dtype="float32", seed=3)
    found = set()
    for count in (1, 2, 3):
        threads.set_threads(count)
        run = Run(Dense(n_y), (n_x,), "float32")
        Z, dX = run.forward(X), run.backward(dZ)
        found.add(Z.tobytes() + dX.tobytes() + run.dtheta.tobytes())
    assert len(found) == 1


def test_bits_do_not_depend_on_the_number_of_threads_over_a_sequence():
    X, dZ = normal(50, 128, 64, dtype="float32"), normal(50, 64, 64, dtype="float32", seed=3)
    found = set()
    for count in (1, 2, 3):
        threads.set_threads(count)
        run = Run(Dense(64), (50, 128), "float32")
        Z, dX = run.forward(X), run.backward(dZ)
        found.add(Z.tobytes() + dX.tobytes() + run.dtheta.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("sizes", [*SIZES, (7, 900, 1300), (40, 20, 30_000)], ids=str)
def test_large_products_in_tiles_and_pieces_are_the_same_products(sizes):
    n_y, n_x, m = sizes
    run = Run(Dense(n_y), (n_x,), "float32")
    run.p.b[...] = 1.5
    X, dZ = normal(n_x, m, dtype="float32"), normal(n_y, m, dtype="float32", seed=3)
    Z, dX = run.forward(X), run.backward(dZ)
    size = np.sqrt(n_x)
    assert np.abs(Z - (run.p.W.astype("f8") @ X + 1.5)).max() < 1e-5 * size
    assert np.abs(dX - run.p.W.T.astype("f8") @ dZ).max() < 1e-5 * size
    assert np.abs(run.g.W - dZ.astype("f8") @ X.T).max() < 1e-5 * m**0.5 * 10
    assert np.abs(run.g.b - dZ.astype("f8").sum(1, keepdims=True)).max() < 1e-5 * m**0.5 * 10


@pytest.mark.parametrize("order", ["F", "strided", "reversed"])
@pytest.mark.parametrize("n_y", [3, 512])
def test_inputs_may_lie_in_memory_as_they_like(order, n_y):
    run = Run(Dense(n_y), (400,))
    X, dZ = normal(400, 20), normal(n_y, 20, seed=3)
    expected = run.forward(X), run.backward(dZ)
    arrange = {
        "F": np.asfortranarray,
        "strided": lambda A: np.repeat(A, 2, 1)[:, ::2],
        "reversed": lambda A: A[::-1, ::-1].copy()[::-1, ::-1],
    }[order]
    assert run.forward(arrange(X)) == pytest.approx(expected[0])
    assert run.backward(arrange(dZ)) == pytest.approx(expected[1])


@pytest.mark.parametrize("units", [3, 512])
def test_the_first_backward_pass_after_clearing_writes_and_the_second_adds(units):
    """Large and small products; a discriminator sees real and drawn examples before one step."""
    network = Network(Sequential([Dense(units), Dense(2)]), (700,))
    network.allocate(np.float64)
    network.draw(0)
    random = np.random.default_rng(0)
    gradients = []
    for X in random.standard_normal((2, 700, 60)):
        Z, caches = network.forward(X, Context(training=True))
        network.clear_gradient()
        network.accumulate(Z, caches)
        gradients.append((network.dtheta.copy(), Z, caches))
    (first, Z1, caches1), (second, Z2, caches2) = gradients
    network.dtheta[...] = 7.0  # what an earlier step left
    network.clear_gradient()
    network.accumulate(Z1, caches1)
    np.testing.assert_array_equal(network.dtheta, first)
    network.backward(Z2, caches2)
    np.testing.assert_allclose(network.dtheta, first + second, rtol=1e-12)
