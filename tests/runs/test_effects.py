"""Which config keys matter: shares of variance, of ranks, by hand and on average."""

import random

import pytest

from nntrain.runs import effects
from nntrain.runs.best_runs import Group, Ranking


class Compared:
    """Experiments of a run each, as `effects` looks at them."""

    def __init__(self, values):
        self.columns = values
        self.varied = list(values)
        self.rows = [{"status": "done"} for column in values.values() for _ in column]

    def value(self, run, key):
        return self.columns[key][run]


def of(values, means):
    groups = [Group([i], mean, None) for i, mean in enumerate(means)]
    return dict(effects.effects(Compared(values), Ranking("validation.loss", groups)))


def test_what_decides_alone_explains_all_and_noise_nothing():
    draws = random.Random(0)
    rates = [10 ** draws.uniform(-3, 0) for _ in range(40)]
    noise = [draws.randrange(100) for _ in range(40)]
    found = of({"optimizer.lr": rates, "seedlike": noise}, [abs(rate - 0.03) for rate in rates])
    assert list(found) == ["optimizer.lr", "seedlike"]
    assert found["optimizer.lr"] > 0.6
    assert found["seedlike"] < 0.15


def test_the_share_by_hand():
    # ranks 0 … 7; levels a: 0 1 2 4, b: 3 5 6 7: means 1.75 and 5.25, SS_between 24.5 of 42, MS_within 17.5 / 6
    found = of({"optimizer.type": list("aaababbb")}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    assert found["optimizer.type"] == pytest.approx((24.5 - 17.5 / 6) / 42)


def test_few_experiments_say_nothing_and_mappings_are_no_levels():
    assert of({"a": [1, 2, 3]}, [1.0, 2.0, 3.0]) == {}
    assert of({"optimizer": [{"type": "sgd"}] * 9}, range(9)) == {}


def test_a_key_that_only_some_have_is_a_level_of_its_own():
    found = of({"momentum": [None] * 6 + [i / 10 for i in range(6)]}, [float(i) for i in range(12)])
    assert found["momentum"] > 0.7


def test_it_is_told_in_a_line():
    assert effects.told([("optimizer.lr", 0.62), ("a.units", 0.08), ("x", 0.0)]) == "optimizer.lr 62 %, a.units 8 %"


def test_a_limit_that_halving_has_set_is_no_reason():
    columns = {"training.epochs": [1, 1, 1, 1, 1, 3, 3, 9], "optimizer.lr": [1, 2, 3, 4, 5, 6, 7, 8]}
    groups = [Group([i], 1 - i / 10, None) for i in range(8)]
    compared = Compared(columns)
    compared.rows[0]["status"] = "rung 1 of 3"
    assert [key for key, _ in effects.effects(compared, Ranking("validation.loss", groups))] == ["optimizer.lr"]
