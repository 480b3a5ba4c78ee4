"""The space of a sweep: what flags mean, and what they refuse."""

import math
from itertools import pairwise

import pytest

from nntrain.errors import ConfigError
from nntrain.sweep import space


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.1,0.01", ["0.1", "0.01"]),
        ("{type: sgd, lr: 0.1},adam", ["{type: sgd, lr: 0.1}", "adam"]),
        ("[1,2],[3]", ["[1,2]", "[3]"]),
        ("'a,b',c", ["'a,b'", "c"]),
        ("it's,fine", ["it's", "fine"]),
        ("null", ["null"]),
    ],
)
def test_a_grid_is_cut_at_the_commas_between_values(text, values):
    assert space.split_values(text, "-g") == values


def test_grid_random_and_seeds_are_combined_the_last_fastest():
    found = space.combinations({"a": ["1", "2"]}, {}, 1, [7, 8], 0)
    assert found == [("a=1", "seed=7"), ("a=1", "seed=8"), ("a=2", "seed=7"), ("a=2", "seed=8")]


def points(ranges, count, seed=0, known=None):
    parsed = {name: space.parse_range(text, "") for name, text in ranges.items()}
    return [space.as_mapping(point) for point in space.combinations({}, parsed, count, [], seed, known)]


@pytest.mark.parametrize("n", [4, 9, 16, 25])
def test_draws_lie_evenly_in_every_distribution_and_in_both_together(n):
    drawn = points({"u": "uniform:0:1", "l": "log:1e-4:1"}, n, 3)
    places = [(float(point["u"]), (math.log10(float(point["l"])) + 4) / 4) for point in drawn]
    for axis in zip(*places, strict=True):
        x = sorted(axis)
        assert max(b - a for a, b in pairwise([x[-1] - 1, *x])) < 4 / n
    root = math.isqrt(n)
    assert len({(int(a * root), int(b * root)) for a, b in places}) > 0.6 * n


def test_more_draws_keep_those_that_were_there():
    ranges = {"u": "uniform:0:1", "c": "choice:a,b,c"}
    assert points(ranges, 6)[:4] == points(ranges, 4)


def test_the_draws_belong_to_the_seed():
    ranges = {"u": "uniform:0:1"}
    assert points(ranges, 5, 0) == points(ranges, 5, 0)
    assert points(ranges, 5, 0) != points(ranges, 5, 1)


def test_a_conditional_range_is_drawn_from_where_the_other_key_has_that_value():
    ranges = {"optimizer": "choice:sgd,adam", "optimizer=sgd:optimizer.momentum": "uniform:0:0.99"}
    drawn = points(ranges, 12)
    assert {point["optimizer"] for point in drawn} == {"sgd", "adam"}
    assert all(("optimizer.momentum" in point) == (point["optimizer"] == "sgd") for point in drawn)
    only = {"optimizer=sgd:optimizer.momentum": "uniform:0:0.99"}
    assert all(len(point) == 1 for point in points(only, 3, known={"optimizer": "{type: sgd, lr: 0.1}"}))
    assert all(len(point) == 0 for point in points(only, 3, known={"optimizer": "adam"}))


def test_conditions_are_read_off_the_flag():
    name, drawn_from = space.conditional("optimizer=sgd:optimizer.momentum=uniform:0:0.99", "-r")
    assert (space.keys_of(name), space.condition_of(name)) == (["optimizer.momentum"], ("optimizer", "sgd"))
    assert drawn_from == space.Range("uniform", 0, 0.99)
    assert space.conditional("optimizer.lr=log:1e-3:1", "-r") is None


def test_values_in_pairs_go_together():
    found = space.combinations({"a,b": space.split_pairs("a,b", "1,2|3,[4,5]", "-g"), "c": ["x"]}, {}, 1, [], 0)
    assert found == [("a=1", "b=2", "c=x"), ("a=3", "b=[4,5]", "c=x")]
    with pytest.raises(ConfigError, match=r"expected 2 values between bars, as a,b=1,2\|3,4; got '3'"):
        space.split_pairs("a,b", "1,2|3", "-g")


def test_whole_numbers_include_both_ends_and_choices_come_equally_often():
    whole = space.parse_range("int:1:3", "")
    assert [whole.at(q) for q in (0.0, 0.34, 0.5, 0.67, 0.999)] == ["1", "2", "2", "3", "3"]
    drawn = [point["c"] for point in points({"c": "choice:relu,tanh"}, 10)]
    assert 4 <= drawn.count("relu") <= 6


def test_a_bound_may_be_another_keys_value():
    units = {"b.units": "int:2:a.units", "a.units": "int:4:64", "c.lr": "log:0.1*d.lr:d.lr"}
    drawn = points(units, 40, known={"d.lr": "0.5"})
    assert list(drawn[0]) == ["a.units", "b.units", "c.lr"]  # what is referred to comes first
    assert all(2 <= int(p["b.units"]) <= int(p["a.units"]) and 0.05 <= float(p["c.lr"]) <= 0.5 for p in drawn)
    assert any(int(p["b.units"]) > 32 for p in drawn)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"b.units": "int:32:a.units"}, "nothing lies between 32 and 8, as a.units is 8"),
        ({"b.units": "int:1:x.units"}, "refers to x.units, which has to be a number: neither"),
        ({"b.units": "int:1:a.type"}, "refers to a.type, which has to be a number: it is dense"),
        ({"a.u": "int:1:b.u", "b.u": "int:1:a.u"}, "in a circle: a.u and b.u"),
    ],
)
def test_bounds_that_cannot_be_are_told(ranges, said):
    with pytest.raises(ConfigError, match=said):
        points(ranges, 3, known={"a.units": "8", "a.type": "dense"})


def test_seeds_are_numbers_and_ranges():
    assert space.parse_seeds("0-2,7,1", "--seeds") == [0, 1, 2, 7]


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (space.parse_range, "log:0:1", "LOW > 0"),
        (space.parse_range, "log:1", "two numbers"),
        (space.parse_range, "uniform:1:1", "less than HIGH"),
        (space.parse_range, "uniform:0:inf", "less than HIGH"),
        (space.parse_range, "int:0.5:2", "whole numbers"),
        (space.parse_range, "normal:0:1", "expected log:LOW:HIGH"),
        (space.parse_range, "choice:a,,b", "empty value"),
        (space.parse_seeds, "0-", "expected numbers and ranges"),
        (space.parse_seeds, "5-3", "no range"),
        (space.parse_seeds, "0-999999999", "no range"),
        (space.split_values, "1,", "empty value"),
        (space.split_key, "optimizer.lr", "expected KEY=VALUES"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(parse, text, said):
    with pytest.raises(ConfigError, match=said) as error:
        parse(text, "-r")
    assert "\n" not in str(error.value)


def test_a_sweep_too_large_to_be_meant_is_refused():
    with pytest.raises(ConfigError, match="1,000,000 runs"):
        space.combinations({k: ["1"] * 100 for k in "abc"}, {}, 1, [], 0)
