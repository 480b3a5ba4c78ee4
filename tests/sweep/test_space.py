"""The space of a sweep: what flags mean, and what they refuse."""

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


def test_a_latin_hypercube_draws_once_from_every_piece_of_every_distribution():
    n = 17
    ranges = {"u": space.parse_range("uniform:0:1", ""), "l": space.parse_range("log:1e-4:1", "")}
    draws = [[float(text.partition("=")[2]) for text in point] for point in space.latin_hypercube(ranges, n, 3)]
    from math import log10

    assert sorted(int(u * n) for u, _ in draws) == list(range(n))
    assert sorted(int((log10(x) + 4) / 4 * n) for _, x in draws) == list(range(n))


def test_the_draws_belong_to_the_seed():
    ranges = {"u": space.parse_range("uniform:0:1", "")}
    assert space.latin_hypercube(ranges, 5, 0) == space.latin_hypercube(ranges, 5, 0)
    assert space.latin_hypercube(ranges, 5, 0) != space.latin_hypercube(ranges, 5, 1)


def test_whole_numbers_include_both_ends_and_choices_come_equally_often():
    whole = space.parse_range("int:1:3", "")
    assert [whole.at(q) for q in (0.0, 0.34, 0.5, 0.67, 0.999)] == ["1", "2", "2", "3", "3"]
    draws = space.latin_hypercube({"c": space.parse_range("choice:relu,tanh", "")}, 10, 0)
    assert sorted(draws) == [("c=relu",)] * 5 + [("c=tanh",)] * 5


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
