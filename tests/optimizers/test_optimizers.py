"""Optimizers: pinned steps, two functions to descend, PyTorch's numbers, bits that depend on sizes alone."""

import re

import numpy as np
import pytest
from optimizers.cases import EACH

from nntrain.components import find
from nntrain.model.parameters import allocate
from nntrain.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nntrain.optimizers.base import PIECE, THREADED
from nntrain.optimizers.gradient import clip_by_norm, clip_by_value, norm, penalty
from nntrain.runtime import threads
from nntrain.runtime.streams import stream


def name(optimizer):
    return re.sub(r"[^\w=.,]", "", repr(optimizer))


each_optimizer = pytest.mark.parametrize("optimizer", EACH, ids=name)


def descend(optimizer, gradient, start, steps, *, lr=None, decayed=0):
    """θ after so many steps from `start`."""
    theta = np.array(start)
    slots = {slot: np.zeros_like(theta) for slot in optimizer.slot_names()}
    for t in range(1, steps + 1):
        optimizer.step(theta, gradient(theta, t), slots, optimizer.lr if lr is None else lr, t, decayed)
    return theta


# --- by hand -----------------------------------------------------------------------------------------------------

R7, R13 = 7**0.5, 13**0.5


@pytest.mark.parametrize(
    ("optimizer", "gradients", "expected"),
    [
        (SGD(), (0.5, -0.25), (0.95, 0.975)),
        (SGD(weight_decay=0.2), (0.5, -0.25), (0.93, 0.9364)),
        (SGD(momentum=0.9), (0.5, -0.25), (0.95, 0.93)),  # v = 0.5, 0.2
        (SGD(momentum=0.9, nesterov=True), (0.5, -0.25), (0.905, 0.912)),  # dθ + 0.9 v = 0.95, −0.07
        (Adagrad(), (3.0, 4.0), (0.9, 0.82)),  # S = 9, 25
        (RMSprop(rho=0.75), (2.0, R13), (0.8, 0.8 - 0.05 * R13)),  # S = 1, 4
        (RMSprop(rho=0.75, momentum=0.5), (2.0, R13), (0.8, 0.7 - 0.05 * R13)),  # v = 2, 1 + √13/2
        (Adam(beta1=0.5, beta2=0.75), (2.0, 1.0), (0.9, 0.9 - 0.1 * R7 / 3)),  # V̂ = 2, 4/3; Ŝ = 4, 16/7
        (AdamW(beta1=0.5, beta2=0.75, weight_decay=0.5), (2.0, 1.0), (0.85, 0.85 * 0.95 - 0.1 * R7 / 3)),
    ],
    ids=name,
)
def test_two_steps_by_hand(optimizer, gradients, expected):
    """θ = 1, α = 0.1."""
    for steps in (1, 2):
        theta = descend(optimizer, lambda _, t: np.array([gradients[t - 1]]), [1.0], steps, lr=0.1, decayed=1)
        assert theta == pytest.approx([expected[steps - 1]], rel=1e-7)  # ε moves the eighth digit


# --- two functions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [
        (SGD(lr=0.1), 400),
        (SGD(lr=0.1, momentum=0.9), 400),
        (SGD(lr=0.1, momentum=0.9, nesterov=True), 400),
        (Adagrad(lr=1.0), 400),
        (RMSprop(lr=1e-3), 4000),
        (Adam(lr=0.05), 1000),
        (AdamW(lr=0.05, weight_decay=0.0), 1000),
    ],
    ids=name,
)
def test_every_optimizer_finds_the_foot_of_a_parabola(optimizer, steps):
    """½ Σ c (x − x₀)²."""
    steepness, foot = np.array([1.0, 5.0, 0.3]), np.array([1.0, -2.0, 0.5])
    found = descend(optimizer, lambda x, _: steepness * (x - foot), np.zeros(3), steps)
    np.testing.assert_allclose(found, foot, atol=2e-3)


def rosenbrock(x, _):
    """The gradient of (1 − x)² + 100 (y − x²)²."""
    a, b = x
    return np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [
        (SGD(lr=1e-3), 15000),
        (SGD(lr=3e-4, momentum=0.9), 6000),
        (SGD(lr=3e-4, momentum=0.9, nesterov=True), 6000),
        (Adagrad(lr=0.5), 6000),
        (RMSprop(lr=5e-4), 8000),
        (Adam(lr=0.02), 4000),
        (AdamW(lr=0.02, weight_decay=0.0), 4000),
    ],
    ids=name,
)
def test_every_optimizer_follows_rosenbrocks_valley_to_its_end(optimizer, steps):
    assert descend(optimizer, rosenbrock, [-1.2, 1.0], steps) == pytest.approx([1, 1], abs=0.02)


# --- promises ----------------------------------------------------------------------------------------------------


def test_every_registered_optimizer_is_tested_here():
    assert {type(o) for o in EACH} == set(find("optimizer").values())


def test_an_optimizer_without_weight_decay_decays_nothing():
    class Plain(Optimizer):
        def update(self, theta, dtheta, slots, lr, t):
            theta -= lr * dtheta

    assert descend(Plain(), lambda theta, _: np.ones_like(theta), [1.0], 1, lr=0.5, decayed=1) == [0.5]


def test_slots_are_only_what_is_needed():
    assert SGD().slot_names() == ()
    assert SGD(momentum=0.9).slot_names() == ("velocity",)
    assert Adagrad().slot_names() == RMSprop().slot_names() == ("square",)
    assert RMSprop(momentum=0.9).slot_names() == ("square", "velocity")
    assert Adam().slot_names() == AdamW().slot_names() == ("velocity", "square")


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ValueError, match="nesterov needs momentum"):
        SGD(nesterov=True)


def one_step(optimizer, size, dtype, count=1, steps=1):
    threads.set_threads(count)
    theta, dtheta = allocate(size, dtype), allocate(size, dtype)
    slots = {slot: allocate(size, dtype) for slot in optimizer.slot_names()}
    theta[:] = stream(0, 0).uniform((size,)) - 0.5
    for t in range(1, steps + 1):
        dtheta[:] = stream(0, t).uniform((size,)) - 0.5
        optimizer.step(theta, dtheta, slots, 0.01, t, size // 3)
    return [theta, *slots.values()]


@each_optimizer
def test_bits_do_not_depend_on_the_threads(optimizer):
    size = THREADED + 3 * PIECE // 2 + 1
    alone = one_step(optimizer, size, np.float32)
    for count in (2, 3):
        for a, b in zip(alone, one_step(optimizer, size, np.float32, count), strict=True):
            assert a.tobytes() == b.tobytes()


@each_optimizer
def test_pieces_do_not_show(optimizer, monkeypatch):
    """Weight decay that ends within a piece, on its edge, and a last piece that is not full."""
    whole = one_step(optimizer, 101, np.float64, steps=3)
    for piece in (1, 20, 33, 100):
        monkeypatch.setattr("nntrain.optimizers.base.PIECE", piece)
        for a, b in zip(whole, one_step(optimizer, 101, np.float64, steps=3), strict=True):
            np.testing.assert_array_equal(a, b)


@each_optimizer
def test_float32_follows_float64(optimizer):
    exact = one_step(optimizer, 500, np.float64, steps=20)
    found = one_step(optimizer, 500, np.float32, steps=20)
    assert {a.dtype for a in found} == {np.dtype(np.float32)}
    for a, b in zip(found, exact, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@each_optimizer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_of_zero_moves_nothing_but_decayed_weights(optimizer, dtype):
    start = np.array([1.0, -2.0, 3.0], dtype)
    theta = descend(optimizer, lambda x, _: np.zeros_like(x), start, 3, decayed=1)
    np.testing.assert_array_equal(theta[1:], start[1:])
    assert (theta[0] < 1) == (optimizer.weight_decay > 0)


@each_optimizer
def test_without_parameters_a_step_does_nothing(optimizer):
    descend(optimizer, lambda x, _: np.zeros_like(x), np.zeros(0), 2)


# --- against PyTorch ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "kind", "arguments"),
    [
        (SGD(), "SGD", {}),
        (SGD(momentum=0.9, weight_decay=0.1), "SGD", {"momentum": 0.9}),
        (SGD(momentum=0.8, nesterov=True, weight_decay=0.1), "SGD", {"momentum": 0.8, "nesterov": True}),
        (Adagrad(weight_decay=0.1), "Adagrad", {}),
        (RMSprop(rho=0.9, weight_decay=0.1), "RMSprop", {"alpha": 0.9}),
        (RMSprop(momentum=0.7, epsilon=1e-3), "RMSprop", {"momentum": 0.7, "eps": 1e-3}),
        (Adam(), "Adam", {}),
        (Adam(beta1=0.7, beta2=0.95, epsilon=1e-3, weight_decay=0.1), "Adam", {"betas": (0.7, 0.95), "eps": 1e-3}),
        (AdamW(), "AdamW", {}),
        (AdamW(weight_decay=0.3), "AdamW", {}),
    ],
    ids=name,
)
def test_twenty_steps_are_pytorchs(optimizer, kind, arguments):
    """With another rate at every step, and weight decay on a part."""
    torch = pytest.importorskip("torch")
    size, decayed = 37, 23
    theta = stream(0, 0).normal((size,))
    parts = [torch.tensor(part, requires_grad=True) for part in (theta[:decayed], theta[decayed:])]
    groups = [
        {"params": [parts[0]], "weight_decay": optimizer.weight_decay},
        {"params": [parts[1]], "weight_decay": 0.0},
    ]
    theirs = getattr(torch.optim, kind)(groups, lr=0.05, **arguments)
    slots = {slot: np.zeros(size) for slot in optimizer.slot_names()}
    for t in range(1, 21):
        lr = 0.05 / (1 + t % 5)
        dtheta = stream(1, t).normal((size,))
        for group, piece in zip(theirs.param_groups, (dtheta[:decayed], dtheta[decayed:]), strict=True):
            group["lr"] = lr
            group["params"][0].grad = torch.tensor(piece)
        theirs.step()
        optimizer.step(theta, dtheta, slots, lr, t, decayed)
        np.testing.assert_allclose(theta, np.concatenate([p.detach().numpy() for p in parts]), rtol=1e-12, atol=1e-12)


# --- the gradient before the step --------------------------------------------------------------------------------


def test_clip_by_norm_scales_to_the_limit_and_returns_the_norm_before():
    dtheta = np.array([3.0, 4.0])
    assert clip_by_norm(dtheta, 1.0) == 5
    np.testing.assert_allclose(dtheta, [0.6, 0.8])


@pytest.mark.parametrize("limit", [5.0, 6.0, np.inf])
def test_clip_by_norm_leaves_a_gradient_within_the_limit_alone(limit):
    dtheta = np.array([3.0, 4.0])
    assert clip_by_norm(dtheta, limit) == 5
    assert dtheta.tolist() == [3, 4]


@pytest.mark.parametrize("length", [1e-12, 1e-6, 1.0, 1e12])
def test_a_clipped_gradient_is_as_long_as_the_limit_however_short_it_was(length):
    """PyTorch adds 1e-6 to the norm: of a gradient of length 1e-6 half the limit is left."""
    dtheta = np.array([0.6, 0.8]) * length
    clip_by_norm(dtheta, length / 3)
    assert norm(dtheta) == pytest.approx(length / 3, rel=1e-14)


@np.errstate(over="ignore")
def test_clip_by_norm_takes_gradients_whose_squares_overflow():
    dtheta = np.array([3e25, 4e25], np.float32)
    assert clip_by_norm(dtheta, 1.0) == pytest.approx(5e25)
    np.testing.assert_allclose(dtheta, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clip_by_norm_does_not_hide_a_gradient_that_is_not_finite(bad):
    dtheta = np.array([3.0, bad])
    assert not np.isfinite(clip_by_norm(dtheta, 1.0))
    np.testing.assert_array_equal(dtheta, [3.0, bad])


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 10_000, PIECE + 1, THREADED + PIECE // 2])
def test_the_norm_is_exact_to_rounding_and_its_bits_do_not_depend_on_the_threads(size):
    vector = allocate(size, np.float32)
    vector[:] = stream(0, 0).normal((size,))
    found = norm(vector)
    assert found == pytest.approx(float(np.linalg.norm(vector.astype(np.float64))), rel=1e-6)
    for count in (2, 3):
        threads.set_threads(count)
        assert norm(vector) == found


def test_clip_by_value_bounds_every_element_and_keeps_nan():
    dtheta = np.array([-7.0, -0.5, 0.0, 0.5, np.inf, np.nan], np.float32)
    clip_by_value(dtheta, 0.5)
    np.testing.assert_array_equal(dtheta, np.array([-0.5, -0.5, 0, 0.5, 0.5, np.nan], np.float32))


def test_penalty_by_hand():
    """λ₁ ‖θ‖₁ = 0.1 · 7 and (λ₂/2) ‖θ‖² = 0.25 · 25."""
    dtheta = np.array([1.0, 1.0, 1.0])
    assert penalty(np.array([3.0, -4.0, 0.0]), 0.1, 0.5, dtheta) == pytest.approx(0.7 + 6.25)
    assert penalty(np.array([3.0, -4.0, 0.0]), 0.1, 0.5) == pytest.approx(0.7 + 6.25)
    np.testing.assert_allclose(dtheta, [1 + 0.1 + 1.5, 1 - 0.1 - 2, 1])


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_the_penaltys_gradient_is_its_derivative(l1, l2):
    theta = stream(0, 0).normal((2 * PIECE + 5,))
    direction = np.zeros_like(theta)
    direction[[0, PIECE - 1, PIECE, -1]] = [1.0, -0.5, 2.0, 0.3]
    gradient, ignored = np.zeros_like(theta), np.zeros_like(theta)
    penalty(theta, l1, l2, gradient)
    step = 1e-4 * direction
    numeric = (penalty(theta + step, l1, l2, ignored) - penalty(theta - step, l1, l2, ignored)) / 2e-4
    assert gradient @ direction == pytest.approx(numeric, rel=1e-5)


def test_l2_in_the_cost_is_weight_decay_of_sgd():
    theta = stream(0, 0).normal((9,))
    pull = stream(0, 1).normal((9,))

    def with_penalty(x, _):
        dtheta = pull.copy()
        penalty(x, 0.0, 0.1, dtheta)
        return dtheta

    by_cost = descend(SGD(momentum=0.9), with_penalty, theta, 5)
    by_decay = descend(SGD(momentum=0.9, weight_decay=0.1), lambda *_: pull.copy(), theta, 5, decayed=9)
    np.testing.assert_allclose(by_cost, by_decay, rtol=1e-14)


def test_penalty_has_the_same_bits_for_any_threads():
    theta = stream(0, 0).uniform((THREADED + 7,)).astype(np.float32)
    found = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        dtheta = np.zeros_like(theta)
        found.append((penalty(theta, 0.1, 0.2, dtheta), dtheta.tobytes()))
    assert found[0] == found[1] == found[2]
