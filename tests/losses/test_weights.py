"""What examples, classes and a yes count for in the cost: J = Σ w 𝓛 / Σ w."""

import re

import numpy as np
import pytest
from losses.cases import CASES, WEIGHTS, weighted
from losses.test_losses import in_torch

from nntrain import config
from nntrain.builder import build
from nntrain.builder.target_counts import target_counts
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Part
from nntrain.losses import BinaryCrossEntropy, CrossEntropy
from nntrain.model.layer import ShapeError
from nntrain.runtime.streams import stream

ALL = [pytest.param(weighted(case), id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
SEVERAL = [p for p in ALL if p.values[0](stream(0, 0))[1].shape[-1] > 1]
FLOWERS = Facts((4,), "labels", classes=3, label_names=("iris", "rose", "tulip"))
TWO = Facts((4,), "labels", classes=2, label_names=("no", "yes"))
THREE_QUESTIONS = Facts((4,), "values", outputs=3)


def never():
    raise AssertionError("nothing is balanced")


# --- of examples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ALL)
def test_equal_weights_of_any_size_change_nothing(case):
    loss, Z, Y, mask, w = case(stream(0, 0))
    cost, dZ = loss(Z, Y, mask)
    same, dsame = loss(Z, Y, mask, np.full(w.shape, 3.7))
    assert same == pytest.approx(cost, rel=1e-13)
    np.testing.assert_allclose(dsame, dZ, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("case", SEVERAL)
def test_whole_weights_are_repeated_examples(case):
    loss, Z, Y, mask, _ = case(stream(0, 0))
    w = np.arange(Z.shape[-1]) % 3  # of examples, the steps of each count so too
    cost, dZ = loss(Z, Y, mask, w)
    again = np.repeat(np.arange(Z.shape[-1]), w)
    repeated, _ = loss(Z[..., again], Y[..., again], None if mask is None else mask[..., again])
    assert cost == pytest.approx(repeated, rel=1e-12)
    assert not dZ[..., w == 0].any()


@pytest.mark.parametrize("case", SEVERAL)
def test_costs_of_batches_weighed_by_their_weights_are_the_cost_of_all(case):
    loss, Z, Y, mask, w = case(stream(0, 0))
    parts = [slice(0, 2), slice(2, Z.shape[-1])]
    cut = [(Z[..., s], Y[..., s], None if mask is None else mask[..., s], w[..., s]) for s in parts]
    total = sum(loss(*part)[0] * loss.weight(*part[1:]) for part in cut)
    whole = sum(loss.weight(*part[1:]) for part in cut)
    assert total / whole == pytest.approx(loss(Z, Y, mask, w)[0], rel=1e-12)


@pytest.mark.parametrize("case", ALL)
def test_where_all_weights_are_0_cost_and_derivative_are_0(case):
    loss, Z, Y, mask, w = case(stream(0, 0))
    cost, dZ = loss(Z, Y, mask, 0 * w)
    assert cost == 0
    assert not dZ.any()
    assert loss.weight(Y, mask, 0 * w) == 0


@pytest.mark.parametrize("case", ALL)
def test_weighted_losses_stay_in_the_dtype_of_z(case):
    loss, Z, Y, mask, w = case(stream(0, 0))
    cost, dZ = loss(Z.astype("float32"), Y, mask, w)
    assert dZ.dtype == "float32"
    assert cost == pytest.approx(loss(Z, Y, mask, w)[0], rel=1e-5)


@pytest.mark.parametrize("case", ALL)
def test_weighted_costs_are_pytorchs_terms_in_a_weighted_mean(case):
    """PyTorch has no weights of examples: its cost of every example alone, which is that of its class weight too."""
    torch = pytest.importorskip("torch")
    loss, Z, Y, mask, w = case(stream(0, 0))
    w = w if mask is None else w * mask
    rows, targets = np.moveaxis(Z, -2, -1)[w > 0], Y[w > 0] if Y.ndim < Z.ndim else np.moveaxis(Y, -2, -1)[w > 0]
    rows = torch.tensor(rows, requires_grad=True)
    classes = np.ones(len(rows))
    if getattr(loss, "class_weights", None) is not None:
        classes = np.array(loss.class_weights)[Y[w > 0]]
    total = sum(
        weight * of_class * in_torch(torch, loss, rows[i : i + 1], torch.tensor(targets[i : i + 1]))
        for i, (weight, of_class) in enumerate(zip(w[w > 0].tolist(), classes, strict=True))
    )
    expected = total / float(np.sum(w[w > 0] * classes))
    expected.backward()
    cost, dZ = loss(Z, Y, mask, w)
    assert cost == pytest.approx(expected.item(), rel=1e-12)
    np.testing.assert_allclose(np.moveaxis(dZ, -2, -1)[w > 0], rows.grad.numpy(), rtol=1e-10, atol=1e-14)


# --- of classes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [CrossEntropy, BinaryCrossEntropy])
def test_class_weights_by_name_leave_the_others_at_1(loss):
    assert loss(class_weights={"yes": 3.0}).resolved(TWO, never).class_weights == (1.0, 3.0)


def test_classes_without_names_are_called_by_their_numbers():
    plain = Facts((4,), "labels", classes=3)
    assert CrossEntropy(class_weights={"2": 0.5}).resolved(plain, never).class_weights == (1.0, 1.0, 0.5)


def test_balanced_classes_weigh_alike_and_examples_1_on_average():
    counts = np.array([10, 40, 50])
    weights = np.array(CrossEntropy(class_weights="balanced").resolved(FLOWERS, lambda: counts).class_weights)
    np.testing.assert_allclose(weights * counts, 100 / 3)


def test_balanced_weights_are_scikit_learns():
    sklearn = pytest.importorskip("sklearn.utils.class_weight")
    Y = stream(0, 0).integers(3, (50,))
    expected = sklearn.compute_class_weight("balanced", classes=np.arange(3), y=Y)
    counted = CrossEntropy(class_weights="balanced").resolved(FLOWERS, lambda: np.bincount(Y))
    np.testing.assert_allclose(counted.class_weights, expected, rtol=1e-15)


def test_a_class_without_examples_and_an_ignored_class_have_no_part_in_balancing():
    assert CrossEntropy(class_weights="balanced").resolved(FLOWERS, lambda: [0, 30, 10]).class_weights == (
        1.0,
        40 / 60,
        40 / 20,
    )
    ignoring = CrossEntropy(class_weights="balanced", ignore="iris").resolved(FLOWERS, lambda: [900, 30, 10])
    assert ignoring.class_weights == (1.0, 40 / 60, 40 / 20)


def test_a_loss_whose_weights_are_not_numbers_yet_says_so():
    for given in ("balanced", {"yes": 2.0}):
        with pytest.raises(ValueError, match=r"call Loss\.resolved first"):
            CrossEntropy(class_weights=given)(np.zeros((2, 3)), np.array([0, 1, 0]))


# --- of a yes ----------------------------------------------------------------------------------------------------


def test_pos_weight_multiplies_what_a_missed_yes_costs():
    Z, Y = np.array([[2.0, -1.0, 0.5]]), np.array([1, 1, 0])
    cost = -(3 * np.log(1 / (1 + np.exp(-Z[0, :2]))).sum() + np.log(1 - 1 / (1 + np.exp(-0.5)))) / 3
    assert BinaryCrossEntropy(pos_weight=3.0)(Z, Y)[0] == pytest.approx(cost)


def test_a_balanced_yes_counts_for_as_many_as_there_are_of_no():
    of_labels = BinaryCrossEntropy(pos_weight="balanced").resolved(TWO, lambda: np.array([90, 10]))
    assert of_labels.pos_weight == (9.0,)
    of_questions = BinaryCrossEntropy(pos_weight="balanced").resolved(
        THREE_QUESTIONS, lambda: np.array([[90, 50, 100], [10, 50, 0]])
    )
    assert of_questions.pos_weight == (9.0, 1.0, 1.0)  # where there is no yes, or no no, nothing can be balanced


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [0, 1, 0.25])
def test_a_weighted_yes_keeps_its_digits_where_little_is_lost(y, dtype):
    Z = np.linspace(-80, 80, 1601, dtype=dtype)
    wide = Z.astype(np.longdouble)
    exact = 2.5 * y * np.log1p(np.exp(-wide)) + (1 - y) * np.log1p(np.exp(wide))
    L, _ = BinaryCrossEntropy(pos_weight=2.5).terms(Z[None], np.full((1, Z.size), y))
    np.testing.assert_allclose(L[0], exact, rtol=8 * np.finfo(dtype).eps)


def test_surprise_is_that_of_the_probabilities_whatever_the_weights():
    Z, Y = stream(0, 0).normal((1, 7)), stream(0, 1).integers(2, (7,))
    for weighing in ({"pos_weight": 3.0}, {"class_weights": (1.0, 5.0)}):
        np.testing.assert_array_equal(
            BinaryCrossEntropy(**weighing).surprise(Z, Y), BinaryCrossEntropy().surprise(Z, Y)
        )


# --- passed over -------------------------------------------------------------------------------------------------


def test_an_ignored_class_is_pytorchs_ignore_index():
    torch = pytest.importorskip("torch")
    Z, Y = stream(0, 0).normal((3, 40)), stream(0, 1).integers(3, (40,))
    for loss in (CrossEntropy(ignore="rose"), CrossEntropy(ignore="rose", class_weights=WEIGHTS)):
        ignored = loss.ignored(FLOWERS)
        rows = torch.tensor(Z.T.copy(), requires_grad=True)
        weight = None if loss.class_weights is None else torch.tensor(loss.class_weights, dtype=torch.float64)
        expected = torch.nn.functional.cross_entropy(rows, torch.tensor(Y), weight=weight, ignore_index=ignored)
        expected.backward()
        cost, dZ = loss(Z, Y, ignored != Y)
        assert cost == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(dZ, rows.grad.numpy().T, rtol=1e-10, atol=1e-15)


# --- from the config ---------------------------------------------------------------------------------------------


class Labels(Part):
    """Sequences of labels, and of yes or no, of several lengths."""

    size = 3

    def __init__(self, Y):
        self.Y = Y

    def batch(self, indices):
        return Batch(np.zeros((4, 2, len(indices))), self.Y[..., indices], np.array([1, 4, 2])[indices])


def test_targets_are_counted_where_they_count():
    Y = np.array([[2, 0, 1], [9, 2, 2], [9, 1, 9], [9, 2, 9]])
    np.testing.assert_array_equal(target_counts(Labels(Y), FLOWERS), [1, 2, 4])
    shares = np.stack([Y % 2, 0 * Y + 1], axis=1)
    np.testing.assert_array_equal(target_counts(Labels(shares), Facts((4, 2), "values", outputs=2)), [[5, 0], [2, 7]])


def built(loss, **changed):
    given = {
        "dataset": {"type": "blobs", "examples": 200, "classes": 3, "validation": 0.25},
        "architecture": [{"dense": "$dataset.classes"}],
        "loss": loss,
        "optimizer": "adam",
        "training": {"epochs": 1},
    }
    return build(config.read(given | changed))


def test_a_run_keeps_the_numbers_that_balanced_became():
    whole = built({"cross_entropy": {"class_weights": "balanced"}})
    counts = target_counts(whole.data.parts["train"], whole.facts)
    assert whole.config.loss.class_weights == tuple((counts.sum() / 3 / counts).tolist())
    again = build(config.read(whole.config.as_dict()))
    assert again.config == whole.config
    assert again.config.as_dict()["loss"]["class_weights"] == list(whole.config.loss.class_weights)


def test_a_message_about_a_loss_with_balanced_weights_still_has_its_place():
    whole = built({"cross_entropy": {"class_weights": "balanced"}})
    assert whole.config.place(whole.config.loss).path == "loss"


@pytest.mark.parametrize(
    ("loss", "facts", "message"),
    [
        (
            CrossEntropy(class_weights={"lily": 2.0}),
            FLOWERS,
            "class_weights: there is no class 'lily'; the classes are",
        ),
        (CrossEntropy(class_weights=(1.0, 2.0)), FLOWERS, "class_weights: 2 weights for 3 classes"),
        (CrossEntropy(ignore="lily"), FLOWERS, "ignore: there is no class 'lily'; the classes are iris, rose, tulip"),
        (BinaryCrossEntropy(class_weights={"maybe": 2.0}), TWO, "there is no class 'maybe'; the classes are no, yes"),
        (BinaryCrossEntropy(class_weights="balanced"), THREE_QUESTIONS, "gives values: use pos_weight"),
        (BinaryCrossEntropy(pos_weight=(1.0, 2.0)), THREE_QUESTIONS, "pos_weight: 2 weights for 3 outputs"),
    ],
)
def test_weights_for_other_classes_are_refused_with_the_classes_there_are(loss, facts, message):
    outputs = facts.outputs or (1 if loss.type == "binary_cross_entropy" else facts.classes)
    with pytest.raises(ShapeError, match=re.escape(message)):
        loss.declare((outputs,), facts)
