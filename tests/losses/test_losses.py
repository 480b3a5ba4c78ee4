"""Losses: the cost by its formula, its derivative, and what they say where targets do not fit."""

import re

import numpy as np
import pytest
from losses.cases import CASES, MASK

from nntrain.data.facts import Facts
from nntrain.losses import BinaryCrossEntropy, CrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError
from nntrain.model.layer import ShapeError
from nntrain.runtime.streams import stream

ALL = [pytest.param(case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
MASKED = [p for p in ALL if p.values[0](stream(0, 0))[3] is not None]
SEVERAL = [p for p in ALL if p.values[0](stream(0, 0))[1].shape[-1] > 1]
DIGITS = Facts((1, 8, 8), "labels", classes=10)
TWO = Facts((4,), "labels", classes=2)
PAIR = Facts((4,), "values", outputs=2)


# --- by hand -----------------------------------------------------------------------------------------------------


def test_cross_entropy_of_equal_logits_is_log_n():
    cost, dZ = CrossEntropy()(np.zeros((4, 1)), np.array([2]))
    assert cost == pytest.approx(np.log(4))
    np.testing.assert_allclose(dZ, [[0.25], [0.25], [-0.75], [0.25]])


def test_cross_entropy_by_hand():
    """softmax(log 1, log 3) = (¼, ¾)."""
    Z = np.log([[1.0, 1.0], [3.0, 3.0]])
    cost, dZ = CrossEntropy()(Z, np.array([0, 1]))
    assert cost == pytest.approx(-(np.log(1 / 4) + np.log(3 / 4)) / 2)
    np.testing.assert_allclose(dZ, np.array([[-3 / 4, 1 / 4], [3 / 4, -1 / 4]]) / 2)


def test_class_weights_weigh_the_mean():
    """(1 · 𝓛₁ + 3 · 𝓛₂) / (1 + 3)."""
    Z = np.log([[1.0, 1.0], [3.0, 3.0]])
    cost, _ = CrossEntropy(class_weights=(1.0, 3.0))(Z, np.array([0, 1]))
    assert cost == pytest.approx(-(np.log(1 / 4) + 3 * np.log(3 / 4)) / 4)


def test_label_smoothing_spreads_its_share_over_all_classes():
    """Target (1 − ε/2, ε/2) for two classes."""
    cost, dZ = CrossEntropy(label_smoothing=0.2)(np.log([[1.0], [3.0]]), np.array([0]))
    assert cost == pytest.approx(-(0.9 * np.log(1 / 4) + 0.1 * np.log(3 / 4)))
    np.testing.assert_allclose(dZ, [[1 / 4 - 0.9], [3 / 4 - 0.1]])


def test_binary_cross_entropy_by_hand():
    Z = np.log([[3.0, 1 / 3]])  # a = ¾, ¼
    cost, dZ = BinaryCrossEntropy()(Z, np.array([1, 1]))
    assert cost == pytest.approx(-(np.log(3 / 4) + np.log(1 / 4)) / 2)
    np.testing.assert_allclose(dZ, [[-1 / 8, -3 / 8]])


def test_binary_cross_entropy_of_probabilities_has_the_derivative_by_the_chain_rule():
    """−y/a + (1 − y)/(1 − a)."""
    cost, dA = BinaryCrossEntropy(from_logits=False)(np.array([[0.25, 0.8]]), np.array([1, 0]))
    assert cost == pytest.approx(-(np.log(0.25) + np.log(0.2)) / 2)
    np.testing.assert_allclose(dA, [[-1 / 0.25 / 2, 1 / 0.2 / 2]])


@pytest.mark.parametrize(
    ("loss", "terms", "derivative"),
    [
        (MeanSquaredError(), [[0.25, 0.0], [1.0, 9.0]], [[1.0, 0.0], [-2.0, 6.0]]),
        (MeanAbsoluteError(), [[0.5, 0.0], [1.0, 3.0]], [[1.0, 0.0], [-1.0, 1.0]]),
        (Huber(), [[0.125, 0.0], [0.5, 2.5]], [[0.5, 0.0], [-1.0, 1.0]]),
        (Huber(delta=2.0), [[0.125, 0.0], [0.5, 4.0]], [[0.5, 0.0], [-1.0, 2.0]]),
    ],
)
def test_losses_of_errors_are_means_over_examples_and_outputs(loss, terms, derivative):
    Y = np.array([[5.0, -1.0], [2.0, 0.5]])
    E = np.array([[0.5, 0.0], [-1.0, 3.0]])
    cost, dZ = loss(Y + E, Y)
    assert cost == pytest.approx(np.mean(terms))
    np.testing.assert_allclose(dZ, np.array(derivative) / 4)


# --- promises of every loss --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ALL)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_loss_stays_in_the_dtype_of_z_whatever_the_targets_are(case, dtype):
    loss, Z, Y, mask = case(stream(0, 0))
    cost, dZ = loss(Z.astype(dtype), Y, mask)
    exact, dZ_exact = loss(Z, Y, mask)
    assert type(cost) is float
    assert dZ.dtype == dtype
    assert loss.predict(Z.astype(dtype)).dtype == dtype
    assert cost == pytest.approx(exact, rel=1e-5)
    np.testing.assert_allclose(dZ, dZ_exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("case", MASKED)
def test_a_mask_leaves_out_steps_whatever_stands_there(case):
    loss, Z, Y, mask = case(stream(0, 0))
    cost, dZ = loss(Z, Y, mask)
    columns = np.moveaxis(Z, -2, 0)[:, mask]  # the valid steps as columns of one batch
    targets = Y[mask] if Y.ndim < Z.ndim else np.moveaxis(Y, -2, 0)[:, mask]
    flat, dflat = loss(columns, targets)
    assert cost == pytest.approx(flat, rel=1e-12)
    np.testing.assert_allclose(np.moveaxis(dZ, -2, 0)[:, mask], dflat, rtol=1e-12, atol=1e-15)
    assert not np.moveaxis(dZ, -2, 0)[:, ~mask].any()
    padded = Y.copy()
    if Y.ndim < Z.ndim and loss.type == "cross_entropy":
        padded[~mask] = 99
    assert loss(Z, padded, mask)[0] == cost


@pytest.mark.parametrize("case", MASKED)
def test_where_no_step_counts_cost_and_derivative_are_0(case):
    loss, Z, Y, mask = case(stream(0, 0))
    cost, dZ = loss(Z, Y, np.zeros_like(mask))
    assert cost == 0
    assert not dZ.any()


@pytest.mark.parametrize("case", SEVERAL)
def test_costs_of_batches_weighed_by_their_weight_are_the_cost_of_all(case):
    loss, Z, Y, mask = case(stream(0, 0))
    parts = [slice(0, 2), slice(2, Z.shape[-1])]
    cut = [(Z[..., s], Y[..., s], None if mask is None else mask[..., s]) for s in parts]
    total = sum(loss(*part)[0] * loss.weight(*part[1:]) for part in cut)
    assert total / sum(loss.weight(*part[1:]) for part in cut) == pytest.approx(loss(Z, Y, mask)[0], rel=1e-12)


@pytest.mark.parametrize("case", ALL)
def test_the_memory_order_of_z_does_not_matter(case):
    loss, Z, Y, mask = case(stream(0, 0))
    cost, dZ = loss(Z, Y, mask)
    turned, dturned = loss(np.asfortranarray(Z), Y, mask)
    assert turned == pytest.approx(cost, rel=1e-14)
    np.testing.assert_allclose(dturned, dZ, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["uint8", "int8", "int32", "int64", "uint64"])
def test_labels_are_integers_of_any_width(kind, dtype):
    Z = stream(0, 0).normal((7, 200), dtype)
    Y = stream(0, 1).integers(7, (200,))
    assert CrossEntropy()(Z, Y.astype(kind))[0] == CrossEntropy()(Z, Y)[0]


def test_cross_entropy_takes_any_logits_without_overflow():
    Z = np.array([[1e4, -1e4, 88.0], [-1e4, 1e4, -88.0]], np.float32)
    cost, dZ = CrossEntropy()(Z, np.array([1, 1, 0]))
    assert cost == pytest.approx(2e4 / 3)
    np.testing.assert_allclose(dZ * 3, [[1, 0, 0], [-1, 0, 0]], atol=1e-7)
    assert CrossEntropy(label_smoothing=0.1)(Z, np.array([1, 1, 0]))[0] > 2e3


def test_binary_cross_entropy_takes_any_logits_without_overflow():
    Z = np.array([[1e4, -1e4, 0.0]], np.float32)
    cost, dZ = BinaryCrossEntropy()(Z, np.array([0, 1, 1]))
    assert cost == pytest.approx((2e4 + np.log(2)) / 3)
    np.testing.assert_allclose(dZ * 3, [[1, -1, -0.5]], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certain_probabilities_cost_a_finite_amount_and_push_the_right_way(dtype):
    """As if a were the least positive (normal) number, or the largest below 1."""
    A = np.array([[0.0, 1.0, 0.0, 1.0]], dtype)
    cost, dA = BinaryCrossEntropy(from_logits=False)(A, np.array([0, 1, 1, 0]))
    least, gap = np.finfo(dtype).tiny, 1 - np.nextafter(np.ones((), dtype), np.zeros((), dtype))
    assert cost == pytest.approx(-(np.log(least) + np.log(gap)) / 4, rel=1e-5)
    np.testing.assert_allclose(dA * 4, [[1, -1, -1 / least, 1 / gap]], rtol=1e-5)


def test_targets_of_another_shape_are_refused_and_never_broadcast():
    sequence = np.zeros((4, 3, 5))
    for loss, Z, Y in [
        (CrossEntropy(), sequence, np.zeros(5, int)),
        (CrossEntropy(), sequence[0], np.zeros((4, 5), int)),
        (BinaryCrossEntropy(), sequence[0], np.zeros(5)),
        (MeanSquaredError(), sequence[0], np.zeros((1, 5))),
        (MeanSquaredError(), sequence, np.zeros((3, 5))),
    ]:
        with pytest.raises(ValueError, match="do not fit"):
            loss(Z, Y)


def test_predictions_are_probabilities_or_values():
    Z = stream(0, 0).normal((4, 3, 5))
    np.testing.assert_allclose(CrossEntropy().predict(Z), np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(BinaryCrossEntropy().predict(Z), 1 / (1 + np.exp(-Z)))
    assert BinaryCrossEntropy(from_logits=False).predict(Z) is Z
    assert MeanSquaredError().predict(Z) is Z


# --- what they apply and what they want --------------------------------------------------------------------------


def test_losses_name_the_activation_that_they_apply_themselves():
    assert CrossEntropy().applies == "softmax"
    assert BinaryCrossEntropy().applies == "sigmoid"
    assert BinaryCrossEntropy(from_logits=False).applies is None
    assert MeanSquaredError().applies is None


@pytest.mark.parametrize(
    ("loss", "shape", "facts"),
    [
        (CrossEntropy(), (10,), DIGITS),
        (CrossEntropy(class_weights=(1.0,) * 10), (7, 10), DIGITS),
        (CrossEntropy(), (2,), TWO),
        (BinaryCrossEntropy(), (1,), TWO),
        (BinaryCrossEntropy(), (2,), PAIR),
        (MeanSquaredError(), (2,), PAIR),
        (Huber(), (7, 2), PAIR),
    ],
)
def test_fitting_outputs_are_accepted(loss, shape, facts):
    loss.declare(shape, facts)


@pytest.mark.parametrize(
    ("loss", "shape", "facts", "message"),
    [
        (CrossEntropy(), (3,), DIGITS, "cross_entropy wants 10 outputs, one a class; the last layer gives (3,)"),
        (CrossEntropy(), (8, 4, 10), DIGITS, "put flatten and dense behind it"),
        (CrossEntropy(), (2,), PAIR, "cross_entropy wants labels, the dataset gives values: use mse, mae or huber"),
        (CrossEntropy(class_weights=(1.0, 2.0)), (10,), DIGITS, "class_weights: 2 weights for 10 classes"),
        (BinaryCrossEntropy(), (10,), DIGITS, "for 2 classes, the data have 10: use cross_entropy"),
        (BinaryCrossEntropy(), (2,), TWO, "binary_cross_entropy wants 1 output, the score of class 1; the last"),
        (BinaryCrossEntropy(), (3,), PAIR, "binary_cross_entropy wants 2 outputs, one a target"),
        (
            MeanSquaredError(),
            (10,),
            DIGITS,
            "mse wants values, the dataset gives labels of 10 classes: use cross",
        ),
        (MeanAbsoluteError(), (1,), TWO, "use cross_entropy or binary_cross_entropy"),
        (Huber(), (3,), PAIR, "huber wants 2 outputs, one a target; the last layer gives (3,)"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line_with_what_to_do(loss, shape, facts, message):
    with pytest.raises(ShapeError, match=re.escape(message)) as caught:
        loss.declare(shape, facts)
    assert "\n" not in str(caught.value)


# --- against PyTorch ---------------------------------------------------------------------------------------------


def in_torch(torch, loss, Z, Y):
    """The same cost of a batch-first tensor."""
    function = torch.nn.functional
    if loss.type == "cross_entropy":
        weight = None if loss.class_weights is None else torch.tensor(loss.class_weights, dtype=torch.float64)
        return function.cross_entropy(Z, Y, weight=weight, label_smoothing=loss.label_smoothing)
    Y = Y.reshape(Z.shape).double()
    if loss.type == "gan":
        return function.binary_cross_entropy_with_logits(Z, Y * (1 - loss.label_smoothing))
    if loss.type in ("hinge", "wasserstein"):
        scores = (2 * Y - 1) * Z
        return function.relu(1 - scores).mean() if loss.type == "hinge" else -scores.mean()
    if loss.type == "binary_cross_entropy":
        binary = function.binary_cross_entropy_with_logits if loss.from_logits else function.binary_cross_entropy
        options = {}
        if loss.pos_weight is not None:
            p = torch.tensor(loss.pos_weight, dtype=torch.float64)
            if not loss.from_logits:  # PyTorch has it for logits alone
                return -(p * Y * Z.log() + (1 - Y) * (1 - Z).log()).mean()
            options = {"pos_weight": p}
        if loss.class_weights is None:
            return binary(Z, Y, **options)
        w = torch.tensor(loss.class_weights, dtype=torch.float64)[Y.long()]
        return (w * binary(Z, Y, reduction="none", **options)).sum() / w.sum()
    if loss.type == "huber":
        return function.huber_loss(Z, Y, delta=loss.delta)
    peers = {"mse": function.mse_loss, "mae": function.l1_loss}
    if loss.type not in peers:
        pytest.skip("PyTorch has no such loss")
    return peers[loss.type](Z, Y)


@pytest.mark.parametrize("case", ALL)
def test_cost_and_derivative_are_pytorchs(case):
    torch = pytest.importorskip("torch")
    loss, Z, Y, mask = case(stream(0, 0))
    cost, dZ = loss(Z, Y, mask)
    # examples (and valid steps) as rows
    valid = np.ones((*Z.shape[:-2], Z.shape[-1]), bool) if mask is None else mask
    rows = torch.tensor(np.moveaxis(Z, -2, -1)[valid], requires_grad=True)
    targets = torch.tensor(Y[valid] if Y.ndim < Z.ndim else np.moveaxis(Y, -2, -1)[valid])
    expected = in_torch(torch, loss, rows, targets)
    expected.backward()
    assert cost == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(np.moveaxis(dZ, -2, -1)[valid], rows.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_the_mask_of_the_cases_has_sequences_of_all_lengths():
    assert sorted(set(MASK.sum(axis=0))) == [1, 2, 3, 4]
