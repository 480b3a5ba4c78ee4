"""Metrics: values by naive formulas, whatever the batches, and defined where a quotient is 0/0."""

import json
import math
import re

import numpy as np
import pytest

from nntrain.components import find
from nntrain.data.facts import Facts, Preparation
from nntrain.data.vocabulary import Vocabulary
from nntrain.kernels.elementwise import softmax
from nntrain.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from nntrain.metrics import (
    F1,
    MCC,
    MORE_IS_BETTER,
    R2,
    Accuracy,
    AveragePrecision,
    BalancedAccuracy,
    BitsPerCharacter,
    Confusion,
    ExactMatch,
    ExplainedVariance,
    LogLoss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    PerClass,
    Perplexity,
    Precision,
    Recall,
    RocAuc,
    RootMeanSquaredError,
    TopK,
)
from nntrain.metrics.ranking import log_odds
from nntrain.model.layer import ShapeError
from nntrain.runtime.streams import stream

FOUR = Facts((6,), "labels", classes=4)
TWO = Facts((6,), "labels", classes=2)
VALUES = Facts((6,), "values", outputs=3)
YES_OR_NO = Facts((6,), "values", outputs=5)

AVERAGES = ("macro", "micro", "weighted")
OF_CLASSES = [
    *(Accuracy(), BalancedAccuracy(), TopK(2), Confusion(), PerClass(), MCC()),
    *(ExactMatch(), LogLoss(), Perplexity(), BitsPerCharacter(), RocAuc(), AveragePrecision(average="micro")),
    *(kind(average=average) for kind in (Precision, Recall, F1) for average in AVERAGES),
]
OF_VALUES = [
    *(MeanAbsoluteError(), RootMeanSquaredError(), MeanAbsolutePercentageError(), R2(), ExplainedVariance()),
]
TABLES = ("confusion", "per_class")


def measure(metric, facts, *batches, **options):
    state = metric.start(facts)
    for batch in batches:
        metric.update(state, *batch, **options)
    return metric.value(state)


def numbers(value):
    """All numbers of a value."""
    if isinstance(value, dict):
        value = list(value.values())
    return [n for part in value for n in numbers(part)] if isinstance(value, list) else [value]


def one_hot(guesses, classes):
    """Outputs that decide for these classes."""
    return np.eye(classes)[:, guesses]


def some(facts, m, *steps):
    """Outputs and targets of m examples."""
    n = facts.classes or facts.outputs
    Z = stream(0, m).normal((*steps, n, m))
    Y = stream(1, m).integers(n, (*steps, m)) if facts.target == "labels" else stream(1, m).normal((*steps, n, m))
    return Z, Y


# --- values ------------------------------------------------------------------------------------------------------

TRUTH = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
GUESS = np.array([0, 1, 2, 1, 1, 2, 2, 2, 0, 0])  # class 3 occurs in neither
#                 TP  P  A:  class 0: 1 3 3   class 1: 2 3 2   class 2: 3 4 5


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Accuracy(), 6 / 10),
        (Precision(), (1 / 3 + 2 / 3 + 3 / 4) / 3),
        (Recall(), (1 / 3 + 1 + 3 / 5) / 3),
        (F1(), (2 / 6 + 4 / 5 + 6 / 9) / 3),
        (Precision(average="micro"), 6 / 10),
        (Recall(average="micro"), 6 / 10),
        (F1(average="micro"), 6 / 10),
    ],
)
def test_decisions_between_classes_by_hand(metric, value):
    assert measure(metric, FOUR, (one_hot(GUESS, 4), TRUTH)) == pytest.approx(value, rel=1e-14)


def test_a_sequence_matches_exactly_where_every_step_that_counts_is_right():
    Y = np.array([[1, 2, 3, 0], [2, 2, 1, 3], [0, 1, 1, 2]])
    guess = Y.copy()
    guess[2, 1] = guess[1, 3] = 0  # wrong in the last step of example 1, in the middle of example 3
    Z = np.moveaxis(np.eye(4)[guess], -1, 1)
    mask = np.arange(3)[:, None] < np.array([3, 2, 1, 3])  # the wrong step of example 1 lies behind its end
    assert measure(ExactMatch(), FOUR, (Z, Y)) == 2 / 4
    assert measure(ExactMatch(), FOUR, (Z, Y, mask)) == 3 / 4
    assert measure(ExactMatch(), FOUR, (Z, Y, mask), weights=np.array([1, 2, 1, 4])) == 4 / 8
    of_steps = np.ones((3, 4))
    of_steps[1, 3] = 0
    assert measure(ExactMatch(), FOUR, (Z, Y, mask), weights=of_steps) == 1


def test_of_several_questions_all_answers_match_or_the_example_does_not():
    Y = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert measure(ExactMatch(), Facts((6,), "values", outputs=2), (Y - 0.5, Y)) == 1
    assert measure(ExactMatch(), Facts((6,), "values", outputs=2), (np.ones((2, 3)), Y)) == pytest.approx(1 / 3)


def test_confusion_has_the_true_class_in_rows():
    expected = [[1, 1, 1, 0], [0, 2, 0, 0], [2, 0, 3, 0], [0, 0, 0, 0]]
    found = measure(Confusion(), FOUR, (one_hot(GUESS, 4), TRUTH))
    assert found == expected
    assert all(type(n) is int for row in found for n in row)


def test_top_k_counts_labels_among_the_k_largest():
    Z = np.array([[0.1, 5.0, 1.0], [0.2, 4.0, 2.0], [0.3, 3.0, 3.0], [0.4, 2.0, 0.0]])
    Y = np.array([1, 2, 2])  # third largest, third, largest
    assert [measure(TopK(k), FOUR, (Z, Y)) for k in (1, 2, 3)] == pytest.approx([1 / 3, 1 / 3, 1])


def test_top_1_is_accuracy_equal_outputs_included():
    Z = stream(0, 0).integers(3, (4, 200)).astype(float)  # many ties
    Y = stream(0, 1).integers(4, (200,))
    assert measure(TopK(1), FOUR, (Z, Y)) == measure(Accuracy(), FOUR, (Z, Y))


def test_outputs_that_are_not_numbers_are_never_right_among_the_k_largest():
    assert measure(TopK(2), FOUR, (np.full((4, 3), np.nan), np.array([0, 1, 2]))) == 0


@pytest.mark.parametrize(
    ("metric", "value"),
    [(Accuracy(), 3 / 6), (Precision(average="binary"), 2 / 4), (Recall(average="binary"), 2 / 3)],
)
@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), BinaryCrossEntropy(from_logits=False)])
def test_a_single_output_means_class_1_above_the_losss_threshold(metric, value, loss):
    probabilities = np.array([[0.9, 0.6, 0.8, 0.7, 0.2, 0.4]])
    Z = np.log(probabilities / (1 - probabilities)) if loss.threshold == 0 else probabilities
    Y = np.array([1, 1, 0, 0, 0, 1])
    assert measure(metric, TWO, (Z, Y), threshold=loss.threshold) == pytest.approx(value)


def test_two_outputs_and_one_decide_alike():
    Z, Y = some(TWO, 31)
    for metric in (Accuracy(), F1(), F1(average="binary"), Confusion()):
        assert measure(metric, TWO, (Z, Y)) == measure(metric, TWO, (Z[1:] - Z[:1], Y))


def test_several_questions_an_example_are_decided_one_by_one():
    Z = np.array([[1.0, -1.0], [2.0, 3.0], [-0.5, 0.5]])
    Y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert measure(Accuracy(), YES_OR_NO, (Z, Y)) == pytest.approx(4 / 6)
    assert measure(Confusion(), YES_OR_NO, (Z, Y)) == [[1, 1], [1, 3]]


def test_the_root_mean_squared_error_of_several_outputs_is_the_root_of_one_mean():
    errors = np.array([[3.0, 3.0], [4.0, 4.0], [12.0, 12.0]])
    Y = np.ones((3, 2))
    assert measure(RootMeanSquaredError(), VALUES, (Y + errors, Y)) == pytest.approx(13 / math.sqrt(3))
    assert measure(MeanAbsoluteError(), VALUES, (Y + errors, Y)) == pytest.approx(19 / 3)  # the mean of roots


def test_values_by_naive_formulas():
    Z, Y = some(VALUES, 17)
    errors = [[Z[i, j] - Y[i, j] for j in range(17)] for i in range(3)]
    every = [e for row in errors for e in row]
    assert measure(MeanAbsoluteError(), VALUES, (Z, Y)) == pytest.approx(sum(map(abs, every)) / 51)
    assert measure(RootMeanSquaredError(), VALUES, (Z, Y)) == pytest.approx(math.sqrt(sum(e * e for e in every) / 51))
    explained = []
    for i in range(3):
        mean = sum(Y[i]) / 17
        explained.append(1 - sum(e * e for e in errors[i]) / sum((y - mean) ** 2 for y in Y[i]))
    assert measure(R2(), VALUES, (Z, Y)) == pytest.approx(sum(explained) / 3)


def test_r2_is_1_for_exact_and_0_for_the_mean():
    _, Y = some(VALUES, 17)
    assert measure(R2(), VALUES, (Y, Y)) == 1
    assert measure(R2(), VALUES, (np.broadcast_to(Y.mean(axis=1, keepdims=True), Y.shape), Y)) == pytest.approx(0)


@pytest.mark.parametrize("metric", [metric for metric in OF_VALUES if metric.type != "mape"])
@pytest.mark.parametrize("mean", [2e3, -1e7, 1e10])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_metrics_of_values_keep_their_digits_far_from_0_whatever_the_batches(metric, mean, size):
    """Multiples of 2⁻¹⁶: what is added to them is then exact, and the metric is to be the same number."""
    Z, Y = (np.round(V * 2**16) / 2**16 for V in some(VALUES, 1000))
    batches = [(Z[:, i : i + size], Y[:, i : i + size]) for i in range(0, 1000, size)]
    far = measure(metric, VALUES, *((Z + mean, Y + mean) for Z, Y in batches))
    assert far == pytest.approx(measure(metric, VALUES, (Z, Y)), rel=1e-9)


def test_r2_does_not_lose_its_digits_to_a_first_target_far_from_the_others():
    Z, Y = some(VALUES, 1000)
    Y[:, 0] = Z[:, 0] = 1e8
    spread = np.square(Y - Y.mean(axis=1, keepdims=True)).sum(axis=1)
    expected = (1 - np.square(Z - Y).sum(axis=1) / spread).mean()
    assert measure(R2(), VALUES, (Z[:, :1], Y[:, :1]), (Z[:, 1:], Y[:, 1:])) == pytest.approx(expected, rel=1e-12)


# --- two classes, questions, tables ---------------------------------------------------------------------------------

#                    TP P A: of class 0: 2 3 4, of class 1: 3 5 4
TRUTH_OF_TWO, GUESS_OF_TWO = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1, 1, 0])


@pytest.mark.parametrize(
    ("kind", "scores", "micro"),
    [(Precision, (2 / 3, 3 / 5), 5 / 8), (Recall, (2 / 4, 3 / 4), 5 / 8), (F1, (4 / 7, 6 / 9), 5 / 8)],
)
def test_the_default_of_two_classes_is_the_positive_one(kind, scores, micro):
    batch = one_hot(GUESS_OF_TWO, 2), TRUTH_OF_TWO
    assert measure(kind(), TWO, batch) == measure(kind(average="binary"), TWO, batch) == pytest.approx(scores[1])
    assert measure(kind(average="macro"), TWO, batch) == pytest.approx(sum(scores) / 2)
    assert measure(kind(average="weighted"), TWO, batch) == pytest.approx(sum(scores) / 2)  # four examples each
    assert measure(kind(average="micro"), TWO, batch) == pytest.approx(micro)


def test_a_metric_of_the_positive_class_says_which_that_is():
    spam = Facts((6,), "labels", classes=2, label_names=("ham", "spam"))
    for metric in (Precision(), Recall(average="binary"), F1(), RocAuc(), AveragePrecision()):
        assert metric.positive_class(spam) == "spam"
        assert metric.positive_class(TWO) == "1"
    for metric in (F1(average="macro"), Accuracy(), PerClass(), LogLoss(), MCC(), BalancedAccuracy()):
        assert metric.positive_class(spam) is None
    assert F1().positive_class(FOUR) is RocAuc().positive_class(FOUR) is None


#                 two questions of four examples: TP P A are 1 2 2 and 1 1 3
ANSWERS = np.array([[1.0, 1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, 1.0]])
RIGHT_ANSWERS = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]])
QUESTIONS = Facts((6,), "values", outputs=2)


def test_averages_of_questions_are_over_the_yes_of_each():
    batch = ANSWERS, RIGHT_ANSWERS
    assert measure(F1(), QUESTIONS, batch) == pytest.approx((2 / 4 + 2 / 4) / 2)
    assert measure(Recall(), QUESTIONS, batch) == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert measure(Recall(average="micro"), QUESTIONS, batch) == pytest.approx(2 / 5)
    assert measure(Precision(average="weighted"), QUESTIONS, batch) == pytest.approx((2 * 1 / 2 + 3 * 1) / 5)


def test_the_table_of_classes_has_a_row_each_by_name():
    cats = Facts((6,), "labels", classes=4, label_names=("cat", "dog", "eel", "fox"))
    table = PerClass().named(measure(PerClass(), cats, (one_hot(GUESS, 4), TRUTH)), cats)
    assert list(table) == ["cat", "dog", "eel", "fox"]
    assert table["dog"] == pytest.approx({"precision": 2 / 3, "recall": 1, "f1": 4 / 5, "support": 2})
    assert table["fox"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    answers = PerClass().named(measure(PerClass(), QUESTIONS, (ANSWERS, RIGHT_ANSWERS)), QUESTIONS)
    assert list(answers) == ["0", "1"]
    assert answers["1"] == pytest.approx({"precision": 1, "recall": 1 / 3, "f1": 2 / 4, "support": 3})


def test_roc_auc_is_the_share_of_pairs_in_the_right_order():
    Z, Y = np.round(3 * stream(0, 2).normal((1, 40))), stream(0, 3).integers(2, (40,))
    positive, negative = Z[0, Y == 1], Z[0, Y == 0]
    pairs = [(p > q) + 0.5 * (p == q) for p in positive for q in negative]
    assert measure(RocAuc(), TWO, (Z, Y)) == pytest.approx(np.mean(pairs))


def test_the_order_of_examples_is_that_of_the_outputs_where_probabilities_are_all_1():
    Z = np.array([[50.0, 60.0, 40.0, 70.0]])  # σ is 1 in float64 for all of them
    assert measure(RocAuc(), TWO, (Z, np.array([0, 1, 0, 1]))) == 1
    both = np.concatenate([0 * Z, Z])
    assert measure(RocAuc(), TWO, (both, np.array([0, 1, 0, 1]))) == 1
    three = np.concatenate([both, 0 * Z - 5])
    assert measure(RocAuc(average="weighted"), Facts((6,), "labels", classes=3), (three, np.array([0, 1, 0, 1]))) == 1


def test_examples_with_the_outputs_of_another_in_another_order_have_equal_scores():
    Z = np.array([[0.1, 0.3, 0.7], [0.3, 0.7, 0.1], [0.7, 0.1, 0.3], [2.0, 2.0, 2.0], [1.1, 1.1, 1.1]])
    scores = log_odds(Z)
    assert (scores[3] == scores[3, 0]).all()
    assert (scores[4] == scores[4, 0]).all()
    np.testing.assert_allclose(scores, np.log(softmax(Z, 0) / (1 - softmax(Z, 0))), rtol=1e-12)


def test_average_precision_of_classes_is_over_those_that_have_examples():
    Z, Y = some(FOUR, 30)
    Y = np.where(Y == 3, 0, Y)
    alone = [measure(AveragePrecision(), TWO, (log_odds(Z)[c : c + 1], np.equal(Y, c).astype(int))) for c in range(3)]
    assert measure(AveragePrecision(), FOUR, (Z, Y)) == pytest.approx(np.mean(alone))
    assert math.isnan(measure(RocAuc(), FOUR, (Z, Y)))


def test_log_loss_is_the_plain_surprise_of_the_labels():
    Z, Y = some(FOUR, 30)
    assert measure(LogLoss(), FOUR, (Z, Y)) == pytest.approx(CrossEntropy()(Z, Y)[0])
    z, y = some(TWO, 30)[0][:1], some(TWO, 30)[1]
    assert measure(LogLoss(), TWO, (z, y)) == pytest.approx(BinaryCrossEntropy()(z, y)[0])
    p = 1 / (1 + np.exp(-z))
    assert measure(LogLoss(), TWO, (p, y), threshold=0.5) == pytest.approx(BinaryCrossEntropy()(z, y)[0])
    assert measure(LogLoss(), TWO, (np.array([[-900.0]]), np.array([1]))) == pytest.approx(-math.log(2.0**-52))


# --- where quotients are 0/0 -------------------------------------------------------------------------------------


def test_a_class_that_is_never_decided_for_has_precision_0():
    batch = one_hot([0, 0, 0], 2), np.array([0, 0, 1])
    assert measure(Precision(average="macro"), TWO, batch) == pytest.approx((2 / 3 + 0) / 2)


def test_a_class_that_has_no_examples_has_recall_0_if_it_was_decided_for():
    batch = one_hot([0, 1], 2), np.array([0, 0])
    assert measure(Recall(average="macro"), TWO, batch) == pytest.approx((1 / 2 + 0) / 2)


def test_classes_that_do_not_occur_do_not_count_in_the_mean():
    for metric in (Precision(), Recall(), F1()):
        assert measure(metric, FOUR, (one_hot([1, 2], 4), np.array([1, 2]))) == 1


@pytest.mark.parametrize("metric", [m for m in OF_CLASSES if m.type not in TABLES] + OF_VALUES)
def test_without_examples_a_metric_is_not_a_number(metric):
    assert math.isnan(metric.value(metric.start(FOUR if metric in OF_CLASSES else VALUES)))


def test_r2_of_equal_targets_is_0_and_1_where_every_prediction_is_exact():
    Y = np.full((1, 7), 0.1)
    one = Facts((6,), "values", outputs=1)
    assert measure(R2(), one, (Y + 0.5, Y)) == 0
    assert measure(R2(), one, (Y, Y)) == 1


@pytest.mark.parametrize("y", [0.1, 1 / 3, 1e9 + 0.1])
def test_r2_knows_equal_targets_whatever_the_batches(y):
    one = Facts((6,), "values", outputs=1)
    Y = np.full((1, 7), y)
    assert measure(R2(), one, *((Y[:, :k] + 0.5, Y[:, :k]) for k in (7, 3, 1, 0, 6))) == 0


def test_perplexity_and_bits_are_of_the_probability_of_the_truth():
    P = np.array([[0.5, 0.1], [0.25, 0.8], [0.25, 0.1]])
    batch = np.log(P) + 7, np.array([1, 1])
    facts = Facts((6,), "labels", classes=3)
    assert measure(Perplexity(), facts, batch) == pytest.approx((0.25 * 0.8) ** -0.5)
    assert measure(BitsPerCharacter(), facts, batch) == pytest.approx(-np.log2(0.25 * 0.8) / 2)


def test_a_model_that_knows_nothing_hesitates_among_all_symbols():
    assert measure(Perplexity(), FOUR, (np.zeros((4, 9)), np.arange(9) % 4)) == pytest.approx(4)


# --- promises of every metric ------------------------------------------------------------------------------------


def test_every_registered_metric_is_tested_here():
    assert {m.type for m in OF_CLASSES + OF_VALUES} == set(find("metric"))


@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
@pytest.mark.parametrize("steps", [(), (4,)])
def test_the_value_does_not_depend_on_the_batches(metric, steps):
    facts = FOUR if metric in OF_CLASSES else VALUES
    Z, Y = some(facts, 23, *steps)
    cuts = [slice(0, 1), slice(1, 10), slice(10, 23)]
    together = measure(metric, facts, (Z, Y))
    apart = measure(metric, facts, *((Z[..., s], Y[..., s]) for s in cuts))
    assert numbers(apart) == pytest.approx(numbers(together), rel=1e-13)


@pytest.mark.parametrize("metric", [m for m in OF_CLASSES if m.type != "exact_match"] + OF_VALUES)
def test_a_mask_leaves_steps_out(metric):
    facts = FOUR if metric in OF_CLASSES else VALUES
    Z, Y = some(facts, 5, 4)
    mask = np.arange(4)[:, None] < np.array([3, 4, 1, 2, 4])
    columns = np.moveaxis(Z, -2, 0)[:, mask]
    targets = Y[mask] if Y.ndim < Z.ndim else np.moveaxis(Y, -2, 0)[:, mask]
    masked, kept = measure(metric, facts, (Z, Y, mask)), measure(metric, facts, (columns, targets))
    assert numbers(masked) == pytest.approx(numbers(kept), rel=1e-13)


@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
def test_whole_weights_are_repeated_examples(metric):
    facts = FOUR if metric in OF_CLASSES else VALUES
    Z, Y = some(facts, 23, 4)
    w = np.arange(23) % 3
    again = np.repeat(np.arange(23), w)
    weighted, repeated = (
        measure(metric, facts, (Z, Y), weights=w),
        measure(metric, facts, (Z[..., again], Y[..., again])),
    )
    assert numbers(weighted) == pytest.approx(numbers(repeated), rel=1e-12)


@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
def test_equal_weights_of_any_size_change_no_mean(metric):
    facts = FOUR if metric in OF_CLASSES else VALUES
    if metric.type in TABLES:
        pytest.skip("a table holds sums of weights")
    Z, Y = some(facts, 23)
    weighted = measure(metric, facts, (Z, Y), weights=np.full(23, 3.7))
    assert weighted == pytest.approx(measure(metric, facts, (Z, Y)), rel=1e-12)


def test_a_mask_leaves_steps_out_of_single_outputs():
    Z = stream(0, 0).normal((4, 1, 5))
    Y = stream(0, 1).integers(2, (4, 5))
    mask = np.arange(4)[:, None] < np.array([3, 4, 1, 2, 4])
    expected = ((Z[:, 0] > 0) == Y)[mask].mean()
    assert measure(Accuracy(), TWO, (Z, Y, mask)) == pytest.approx(expected)


@pytest.mark.parametrize("form", [np.ndarray.tolist, np.copy], ids=["json", "array"])
@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
def test_a_saved_state_goes_on_to_the_same_bits(metric, form):
    facts = FOUR if metric in OF_CLASSES else VALUES
    first, second = some(facts, 7), some(facts, 9)
    state, restored = metric.start(facts), metric.start(facts)
    metric.update(state, *first)
    saved = form(metric.save(state))
    metric.restore(restored, json.loads(json.dumps(saved)) if isinstance(saved, list) else saved)
    metric.update(restored, *second)
    assert metric.value(restored) == measure(metric, facts, first, second)


@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
def test_a_state_that_is_none_is_refused(metric):
    facts = FOUR if metric in OF_CLASSES else VALUES
    with pytest.raises((ValueError, TypeError)):
        metric.restore(metric.start(facts), np.ones((7, 11)))


def test_r2_takes_up_the_sums_of_earlier_checkpoints():
    """Σ 1, Σ y, Σ y², Σ e² of every output; of the third the targets are equal so far."""
    (Z, Y), second = some(VALUES, 7), some(VALUES, 9)
    Y[2] = 0.1
    state = R2().start(VALUES)
    R2().restore(state, [[7.0] * 3, Y.sum(axis=1), (Y**2).sum(axis=1), ((Z - Y) ** 2).sum(axis=1)])
    assert R2().value(state) == pytest.approx(measure(R2(), VALUES, (Z, Y)), rel=1e-12)
    R2().update(state, *second)
    assert R2().value(state) == pytest.approx(measure(R2(), VALUES, (Z, Y), second), rel=1e-12)


@pytest.mark.parametrize("metric", OF_CLASSES + OF_VALUES)
def test_values_are_plain_python(metric):
    facts = FOUR if metric in OF_CLASSES else VALUES
    Z, Y = some(facts, 7)
    value = measure(metric, facts, (Z.astype(np.float32), Y))
    json.dumps(metric.named(value, facts))
    assert all(type(number) in (float, int) for number in numbers(value))


def test_metrics_say_whether_more_is_better():
    better = {name: kind.better for name, kind in find("metric").items()}
    of_errors = {
        *("mae", "mape", "rmse", "log_loss", "perplexity", "bits_per_character"),
    }
    assert {name for name, b in better.items() if b == "less"} == of_errors
    assert {name for name, b in better.items() if b is None} == set(TABLES)


@pytest.mark.parametrize(
    ("metric", "facts", "loss", "message"),
    [
        (
            BitsPerCharacter(),
            Facts((6,), "labels", classes=4, preparation=Preparation(text=Vocabulary(("�", "a", "b", "c"), "words"))),
            CrossEntropy(),
            "bits_per_character is for characters, these symbols are words: use perplexity",
        ),
        (Perplexity(), VALUES, MeanSquaredError(), "perplexity wants an output for every class: use cross_entropy"),
        (
            Accuracy(),
            VALUES,
            MeanSquaredError(),
            "accuracy is for classes, the dataset gives values: use mae, rmse or r2",
        ),
        (R2(), TWO, CrossEntropy(), "r2 is for values, the dataset gives labels: use accuracy or f1"),
        (TopK(5), FOUR, CrossEntropy(), "top_k: k = 5 of 4 classes is always right; make k smaller"),
        (TopK(1), TWO, BinaryCrossEntropy(), "top_k wants an output for every class: use cross_entropy"),
        (F1(average="binary"), FOUR, CrossEntropy(), "binary is for 2 classes, the data have 4; use macro"),
        (F1(average="binary"), VALUES, BinaryCrossEntropy(), "binary is for 2 classes, the data have 3 questions"),
        (MCC(), VALUES, BinaryCrossEntropy(), "mcc is for one label an example, the dataset asks yes or no: use f1"),
        (LogLoss(), VALUES, BinaryCrossEntropy(), "log_loss is for classes, the dataset gives values"),
        (RocAuc(), VALUES, MeanSquaredError(), "roc_auc is for classes, the dataset gives values: use mae, rmse or r2"),
        (ExplainedVariance(), TWO, CrossEntropy(), "explained_variance is for values, the dataset gives labels"),
    ],
)
def test_a_metric_that_means_nothing_here_is_refused_with_what_to_use(metric, facts, loss, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        metric.declare(facts, loss)


def test_metrics_that_fit_are_accepted():
    for metric in OF_CLASSES:
        metric.declare(FOUR, CrossEntropy())
    for metric in OF_VALUES:
        metric.declare(VALUES, MeanSquaredError())
    Accuracy().declare(YES_OR_NO, BinaryCrossEntropy())
    F1(average="binary").declare(TWO, BinaryCrossEntropy())


def test_listings_know_of_every_metric_which_way_is_better():
    assert {name for name, cls in find("metric").items() if cls.better == "more"} == MORE_IS_BETTER
