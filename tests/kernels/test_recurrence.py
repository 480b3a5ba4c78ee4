"""LSTM, GRU and RNN kernels: the textbook's loops, numerical gradients, PyTorch, padding, threads."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from nntrain.kernels import gru, lstm, rnn
from nntrain.kernels.reference.naive_recurrence import recurrent_backward, recurrent_forward
from nntrain.runtime import threads

KERNELS = {"lstm": lstm, "gru": gru, "rnn": rnn}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
KINDS = sorted(KERNELS)


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    before = threads.get_threads()
    yield
    threads.set_threads(before)


@dataclass
class Case:
    """A problem with everything that a kernel takes; states, outputs and gradients of J = Σ A·K + Σ last·k."""

    kind: str
    T: int = 5
    m: int = 3
    n_x: int = 4
    n: int = 2
    seed: int = 0
    padded: bool = False
    masked: bool = False
    reverse: bool = False
    dtype: type = np.float64
    arrays: dict = field(default_factory=dict)

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        rows, state = GATES[self.kind] * self.n, (self.n, self.m)
        shapes = {"X": (self.T, self.n_x, self.m), "W": (rows, self.n_x), "U": (rows, self.n), "b": (rows, 1)}
        if self.kind == "gru":
            shapes["b_u"] = (rows, 1)
        self.parameters = list(shapes)[1:]
        shapes["a0"] = state
        if self.kind == "lstm":
            shapes["c0"] = state
        self.states = [name for name in shapes if name in ("a0", "c0")]
        self.arrays = {name: random.standard_normal(shape).astype(self.dtype) for name, shape in shapes.items()}
        self.lengths = random.integers(1, self.T + 1, self.m) if self.padded else None
        self.mask = (random.random(state) < 0.7).astype(self.dtype) / self.dtype(0.7) if self.masked else None
        self.K = random.standard_normal((self.T, self.n, self.m)).astype(self.dtype)
        self.k = tuple(random.standard_normal(state).astype(self.dtype) for _ in self.states)

    def forward(self, training=True):
        parameters, initial = ([self.arrays[name] for name in names] for names in (self.parameters, self.states))
        rest = {"reverse": self.reverse, "training": training}
        return KERNELS[self.kind].forward(self.arrays["X"], parameters, initial, self.lengths, self.mask, **rest)

    def cost(self):
        A, last, _ = self.forward(training=False)
        return np.sum(A * self.K) + sum(np.sum(s * k) for s, k in zip(last, self.k, strict=True))

    def gradients(self):
        _, _, cache = self.forward()
        g = {name: np.zeros_like(self.arrays[name]) for name in self.parameters}
        dX, firsts = KERNELS[self.kind].backward(self.K, self.k, cache, list(g.values()))
        return {"X": dX, **g, **dict(zip(self.states, firsts, strict=True))}


def by_loops(case):
    """Outputs, last states and all derivatives, each example by itself."""
    p = {name: case.arrays[name] for name in case.parameters}
    first = tuple(case.arrays[name] for name in case.states)
    rest = case.lengths, case.mask, case.reverse
    A, last = recurrent_forward(case.kind, p, case.arrays["X"], first, *rest)
    dX, d_first, g = recurrent_backward(case.kind, p, case.arrays["X"], first, case.K, case.k, *rest)
    return A, last, {"X": dX, **g, **dict(zip(case.states, d_first, strict=True))}


def many(count, **sizes):
    """`count` random settings for each kind, one step and one example among them."""
    for kind in KINDS:
        for seed in range(count):
            random = np.random.default_rng([seed, GATES[kind]])
            drawn = {"T": random.integers(1, 21), "m": random.integers(1, 9), "n_x": random.integers(1, 6)}
            drawn |= {"n": random.integers(1, 8), "seed": seed} | sizes
            padded, masked, reverse = (bool(bit) for bit in random.integers(0, 2, 3))
            drawn = {name: int(value) for name, value in drawn.items()}
            yield Case(kind, **drawn, padded=padded, masked=masked, reverse=reverse)


def test_outputs_states_and_derivatives_are_those_of_the_textbook_loops():
    for case in many(20):
        A, last, _ = case.forward()
        A_loops, last_loops, derivatives = by_loops(case)
        np.testing.assert_allclose(A, A_loops, rtol=0, atol=1e-12)
        np.testing.assert_allclose(last, last_loops, rtol=0, atol=1e-12)
        for name, gradient in case.gradients().items():
            np.testing.assert_allclose(gradient, derivatives[name], rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"T": 1, "m": 1},
        {"padded": True, "masked": True},
        {"padded": True, "masked": True, "reverse": True, "seed": 1},
        {"T": 3, "m": 130, "n_x": 1},  # chunks of one step
        {"T": 6, "reverse": True, "n": 3, "n_x": 2},
    ],
)
def test_gradients_of_every_input_are_the_central_differences(kind, setting):
    case = Case(kind, **setting)
    step = 1e-5
    random = np.random.default_rng(1)
    for name, gradient in case.gradients().items():
        values = case.arrays[name].reshape(-1)
        chosen = np.arange(values.size) if values.size <= 60 else random.choice(values.size, 60, replace=False)
        for i in chosen:
            before = values[i]
            costs = []
            for value in (before + step, before - step):
                values[i] = value
                costs.append(case.cost())
            values[i] = before
            difference = (costs[0] - costs[1]) / (2 * step)
            assert gradient.reshape(-1)[i] == pytest.approx(difference, rel=1e-6, abs=1e-7), (name, i)


def test_gradients_are_added_to_what_is_there_and_left_out_where_nobody_asks():
    for kind in KINDS:
        case = Case(kind)
        expected = case.gradients()
        _, _, cache = case.forward()
        g = [np.ones_like(case.arrays[name]) for name in case.parameters]
        dX, _ = KERNELS[kind].backward(case.K, case.k, cache, g, need_dX=False)
        assert dX is None
        for name, gradient in zip(case.parameters, g, strict=True):
            np.testing.assert_allclose(gradient - 1, expected[name], atol=1e-12)


def test_a_missing_derivative_stands_for_zeros():
    for kind in KINDS:
        case = Case(kind, padded=True)
        _, _, cache = case.forward()
        states = len(case.states)
        outcomes = []
        for dA, d_last in ((None, (None,) * states), (0 * case.K, tuple(0 * k for k in case.k))):
            g = [np.zeros_like(case.arrays[name]) for name in case.parameters]
            dX, firsts = KERNELS[kind].backward(dA, d_last, cache, g)
            outcomes.append([dX, *firsts, *g])
        for nothing in outcomes[0] + outcomes[1]:
            assert not nothing.any()


def test_no_initial_state_means_zeros():
    for kind in KINDS:
        case = Case(kind, masked=True)
        for name in case.states:
            case.arrays[name][:] = 0
        parameters = [case.arrays[name] for name in case.parameters]
        A, _, _ = KERNELS[kind].forward(case.arrays["X"], parameters, [None] * len(case.states), mask=case.mask)
        np.testing.assert_array_equal(A, case.forward()[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_padded_batch_gives_exactly_the_result_of_each_example_alone(kind, reverse):
    case = Case(kind, T=19, m=5, padded=True, masked=True, reverse=reverse)
    case.lengths[:2] = 1, 19
    A, last, _ = case.forward()
    gradients = case.gradients()
    sums = {name: np.zeros_like(case.arrays[name]) for name in case.parameters}
    for j, length in enumerate(case.lengths):
        alone = Case(kind, T=int(length), m=1, reverse=reverse)
        column = slice(j, j + 1)
        alone.arrays = dict(case.arrays) | {"X": case.arrays["X"][:length, :, column]}
        alone.arrays |= {name: case.arrays[name][:, column] for name in case.states}
        alone.mask, alone.K = case.mask[:, column], case.K[:length, :, column]
        alone.k = tuple(k[:, column] for k in case.k)
        A_alone, last_alone, _ = alone.forward()
        np.testing.assert_allclose(A[:length, :, column], A_alone, rtol=0, atol=1e-12)
        assert not A[length:, :, j].any()
        np.testing.assert_allclose([s[:, column] for s in last], last_alone, rtol=0, atol=1e-12)
        g = alone.gradients()
        np.testing.assert_allclose(gradients["X"][:length, :, column], g["X"], rtol=0, atol=1e-12)
        assert not gradients["X"][length:, :, j].any()
        for name in case.states:
            np.testing.assert_allclose(gradients[name][:, column], g[name], rtol=0, atol=1e-12)
        for name in case.parameters:
            sums[name] += g[name]
    for name in case.parameters:
        np.testing.assert_allclose(gradients[name], sums[name], rtol=0, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
def test_what_stands_in_the_padding_changes_no_bit(kind, reverse):
    case = Case(kind, T=7, m=5, padded=True, reverse=reverse)
    results = []
    for filling in (0.0, np.nan):
        for j, length in enumerate(case.lengths):
            case.arrays["X"][length:, :, j] = filling
            case.K[length:, :, j] = filling
        A, last, _ = case.forward()
        results.append([A, *last, *case.gradients().values()])
    for zeros, junk in zip(*results, strict=True):
        np.testing.assert_array_equal(zeros, junk)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
def test_more_padding_changes_no_bit_of_the_outputs(kind, reverse):
    short = Case(kind, T=6, m=4, padded=True, reverse=reverse)
    long = Case(kind, T=11, m=4, reverse=reverse)
    long.lengths = short.lengths
    long.arrays = short.arrays | {"X": np.concatenate([short.arrays["X"], np.ones((5, 4, 4))])}
    (A, last, _), (A_long, last_long, _) = short.forward(), long.forward()
    np.testing.assert_array_equal(A, A_long[:6])
    np.testing.assert_array_equal(last, last_long)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("m", [31, 70])
def test_bits_do_not_depend_on_the_number_of_threads(kind, m):
    case = Case(kind, T=40, m=m, n_x=9, n=130, dtype=np.float32, padded=True, masked=True)
    outcomes = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        A, last, cache = case.forward()
        outcomes.append([A, *last, *case.gradients().values()])
        assert len(cache.blocks) > 1
    for other in outcomes[1:]:
        for expected, seen in zip(outcomes[0], other, strict=True):
            np.testing.assert_array_equal(expected, seen)


@pytest.mark.parametrize("kind", KINDS)
def test_several_blocks_in_float32_stay_near_float64(kind):
    sizes = {"T": 40, "m": 70, "n_x": 9, "n": 80, "padded": True}
    small, large = Case(kind, dtype=np.float32, **sizes), Case(kind, **sizes)
    large.lengths, large.mask = small.lengths, small.mask
    for case in (small, large):
        for name in ("W", "U"):
            case.arrays[name] *= case.dtype(0.1)
    assert small.forward()[0].dtype == np.float32
    np.testing.assert_allclose(small.forward()[0], large.forward()[0], rtol=0, atol=1e-4)
    for name, gradient in large.gradients().items():
        single = small.gradients()[name]
        assert single.dtype == np.float32
        assert np.abs(single - gradient).max() <= 1e-4 * np.abs(gradient).max(), name
