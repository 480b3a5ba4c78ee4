"""Metrics are scikit-learn's, by its names and defaults: on random cases, and where there is little to measure.

Cases hold ties and constant outputs, classes without examples, a single example, masks and weights, 0 among them; their
examples come in batches of any size.  Where scikit-learn refuses to answer, the metric is not a number.
"""

import json
import math
import warnings
from itertools import pairwise

import numpy as np
import pytest

from nntrain.components import find
from nntrain.data.facts import Facts
from nntrain.metrics import (
    F1,
    MCC,
    R2,
    Accuracy,
    AveragePrecision,
    BalancedAccuracy,
    Confusion,
    ExplainedVariance,
    LogLoss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    PerClass,
    Precision,
    Recall,
    RocAuc,
    RootMeanSquaredError,
)

sklearn = pytest.importorskip("sklearn.metrics")
NAN = float("nan")


class Case:
    """Outputs, targets, mask and weights of a random task; `z`, `y`, `w` are those that count, examples first."""

    def __init__(self, seed):
        self.random = random = np.random.default_rng(seed)
        self.kind = self.one_of("two classes", "classes", "questions", "values")
        self.m = self.one_of(1, 2, 3, 5, 17, 60)
        steps = self.one_of((), (), (4,))
        self.n = {"two classes": self.one_of(1, 2)}.get(self.kind) or int(random.integers(1, 6))
        self.n += {"classes": 2, "questions": 1}.get(self.kind, 0)
        self.Z = self.outputs((*steps, self.n, self.m))
        self.Y = self.targets(steps)
        self.mask = self.one_of(None, random.uniform(size=(*steps, self.m)) < 0.6)
        self.weights = self.one_of(None, self.some_weights((self.m,)), self.some_weights((*steps, self.m)))
        classes = {"two classes": 2, "classes": self.n}.get(self.kind)
        names = None if classes is None else tuple("abcdefgh"[:classes])
        outputs = None if classes else self.n
        self.facts = Facts((3,), "labels" if classes else "values", classes, outputs, label_names=names)
        self.probable = self.kind in ("two classes", "questions") and self.n != 2 and self.one_of(True, False)
        if self.probable:  # from_logits: false
            self.Z = 1 / (1 + np.exp(-self.Z))
        every = np.ones((*steps, self.m), bool) if self.mask is None else self.mask
        self.z = np.moveaxis(self.Z, -2, -1)[every]
        self.y = self.Y[every] if classes else np.moveaxis(self.Y, -2, -1)[every]
        self.w = None if self.weights is None else np.broadcast_to(self.weights, every.shape)[every]

    def one_of(self, *choices):
        return choices[int(self.random.integers(len(choices)))]

    def outputs(self, shape):
        Z = 2 * self.random.normal(size=shape)
        far = 1e3 if self.kind in ("classes", "values") else 0  # of a single logit that would be probabilities of 1
        return self.one_of(Z, Z, np.round(Z), np.zeros(shape), Z + far)

    def targets(self, steps):
        if self.kind == "values":
            Y = self.random.normal(size=(*steps, self.n, self.m))
            some_are_0 = np.round(Y) if self.m > 10 else Y  # few may be equal, and their weighted mean rounded
            return self.one_of(Y, Y, Y + 1e4, some_are_0, np.full(Y.shape, 0.5))
        if self.kind == "questions":
            return (self.random.uniform(size=(*steps, self.n, self.m)) < self.one_of(0.5, 0.2, 0, 1)).astype(float)
        classes = 2 if self.kind == "two classes" else self.n
        few = int(self.random.integers(1, classes + 1))
        return self.random.integers(self.one_of(classes, classes, few), size=(*steps, self.m))

    def some_weights(self, shape):
        w = self.random.uniform(size=shape)
        return self.one_of(w, w * (self.random.uniform(size=shape) < 0.7), np.round(3 * w), 0 * w)

    # what scikit-learn is given

    @property
    def guess(self):
        if self.n > 1 and self.kind != "questions":
            return self.z.argmax(1)
        guess = (self.z > (0.5 if self.probable else 0)).astype(int)
        return guess if self.kind == "questions" else guess[:, 0]

    @property
    def probabilities(self):
        """(K, n), or (K,) of class 1; every sum of e^z in order of size, so that what is equal stays equal."""
        if self.kind == "questions" or self.n == 1:
            P = self.z if self.probable else 1 / (1 + np.exp(-self.z))
            return P if self.kind == "questions" else P[:, 0]
        E = np.exp(self.z - self.z.max(1, keepdims=True))
        P = E / np.sort(E, axis=1).sum(1, keepdims=True)
        return P[:, 1] if self.n == 2 else P

    def measure(self, metric):
        state = metric.start(self.facts)
        cuts = sorted({0, self.m, *self.random.integers(self.m + 1, size=2).tolist()})
        for start, end in pairwise(cuts):
            s = slice(start, end)
            metric.update(
                state,
                self.Z[..., s],
                self.Y[..., s],
                None if self.mask is None else self.mask[..., s],
                threshold=0.5 if self.probable else 0.0,
                **({} if self.weights is None else {"weights": self.weights[..., s]}),
            )
        json.dumps(metric.named(metric.value(state), self.facts))
        return metric.value(state)

    def expected(self, function, *targets, **options):
        """What scikit-learn says; NaN where it refuses."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return function(*targets, **{"sample_weight": self.w, **options})
            except (ValueError, ZeroDivisionError, IndexError):
                return NAN


def of_decisions(case):
    y, guess = case.y.astype(int), case.guess
    average = case.one_of("macro", "micro", "weighted", "binary" if case.kind == "two classes" else "macro")
    default = "binary" if case.kind == "two classes" else "macro"
    columns = case.expected(sklearn.precision_recall_fscore_support, y, guess, average=average)
    for kind, expected in zip(
        (Precision, Recall, F1), columns if isinstance(columns, tuple) else 3 * [NAN], strict=False
    ):
        yield kind(average=average), expected
        if average == default:
            yield kind(), expected
    if case.kind == "questions":
        w = None if case.w is None else np.repeat(case.w, case.n)
        case = type("Flat", (), {"w": w, "expected": Case.expected})()
        yield Accuracy(), case.expected(sklearn.accuracy_score, y.reshape(-1), guess.reshape(-1))
        return
    yield Accuracy(), case.expected(sklearn.accuracy_score, y, guess)
    yield BalancedAccuracy(), case.expected(sklearn.balanced_accuracy_score, y, guess)
    yield MCC(), case.expected(sklearn.matthews_corrcoef, y, guess)
    every = np.arange(case.facts.classes)
    yield Confusion(), case.expected(sklearn.confusion_matrix, y, guess, labels=every)


def of_probabilities(case):
    y, P = case.y.astype(int), case.probabilities
    absent = case.kind == "classes" and len(np.unique(y)) < case.n
    options = {"multi_class": "ovr", "labels": np.arange(case.n)} if case.kind == "classes" else {}
    average = case.one_of("macro", "micro", "weighted")
    yield RocAuc(average=average), case.expected(sklearn.roc_auc_score, y, P, average=average, **options)
    if not absent:  # of classes without examples scikit-learn has no average precision
        expected = case.expected(sklearn.average_precision_score, y, P, average=average)
        yield AveragePrecision(average=average), expected
    if case.kind != "questions":
        yield LogLoss(), case.expected(sklearn.log_loss, y, P, labels=np.arange(case.facts.classes))


def of_values(case):
    for metric, function in (
        (MeanAbsoluteError(), sklearn.mean_absolute_error),
        (MeanAbsolutePercentageError(), sklearn.mean_absolute_percentage_error),
    ):
        yield metric, case.expected(function, case.y, case.z)
    y, z, w = case.y, case.z, case.w
    if w is not None and (y[w > 0] == y[w > 0][:1]).all():  # scikit-learn's weighted mean of equal values is not these
        y, z, w = y[w > 0], z[w > 0], None
    for metric, function in ((R2(), sklearn.r2_score), (ExplainedVariance(), sklearn.explained_variance_score)):
        yield metric, case.expected(function, y, z, sample_weight=w)
    if case.n == 1:
        yield RootMeanSquaredError(), case.expected(sklearn.root_mean_squared_error, case.y, case.z)


def check(seed):
    case = Case(seed)
    pairs = [*of_values(case)] if case.kind == "values" else [*of_decisions(case), *of_probabilities(case)]
    nothing = len(case.y) == 0 or (case.w is not None and not case.w.any())
    seen = set()
    for metric, expected in pairs:
        seen.add(metric.type)
        found, said = case.measure(metric), f"seed {seed}, {case.kind}: {metric}"
        if nothing:  # scikit-learn refuses, or says 0
            assert np.isnan(found).all() or np.all(np.asarray(found) == 0) or metric.type == "r2", said
            continue
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=said)
    if case.kind in ("classes", "two classes") and not nothing:
        check_table(case)
        seen.add("per_class")
    return seen


def check_table(case):
    table = case.measure(PerClass())
    columns = case.expected(
        sklearn.precision_recall_fscore_support, case.y.astype(int), case.guess, labels=np.arange(case.facts.classes)
    )
    if columns is NAN:
        return
    found = [[row[name] for row in table] for name in ("precision", "recall", "f1", "support")]
    np.testing.assert_allclose(found, columns, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("start", range(0, 100, 25))
def test_metrics_are_scikit_learns_on_random_cases(start):
    for seed in range(start, start + 25):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 2100, 100))
def test_metrics_are_scikit_learns_on_two_thousand_random_cases(start):
    for seed in range(start, start + 100):
        check(seed)


def test_the_cases_see_every_metric_that_scikit_learn_has():
    seen = set().union(*(check(seed) for seed in range(12)))
    own = {
        *("top_k", "perplexity", "bits_per_character", "exact_match"),
    }
    assert seen == set(find("metric")) - own


def test_a_metric_that_scikit_learn_refuses_is_not_a_number():
    facts = Facts((3,), "labels", classes=2)
    state = RocAuc().start(facts)
    RocAuc().update(state, np.array([[1.0, 2.0]]), np.array([1, 1]))
    assert math.isnan(RocAuc().value(state))
