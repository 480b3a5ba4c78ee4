"""The corrected t test, by hand and against SciPy."""

import math

import pytest

from nntrain.runs.significance import corrected_t, two_sided


def test_by_hand():
    found = corrected_t([1.0, 2.0, 3.0], folds=3)
    assert found.mean == 2
    assert found.t == pytest.approx(2 / math.sqrt((1 / 3 + 1 / 2) * 1.0))
    assert corrected_t([1.0, 2.0, 3.0], folds=0).t == pytest.approx(2 / math.sqrt(1 / 3))
    assert corrected_t([1.0], folds=5) is None
    assert corrected_t([0.0, 0.0], folds=2).p == 1


@pytest.mark.parametrize("freedom", range(1, 12))
@pytest.mark.parametrize("t", [-2.5, 0.1, 1, 7])
def test_students_distribution(t, freedom):
    stats = pytest.importorskip("scipy.stats")
    assert two_sided(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), rel=1e-9, abs=1e-14)
