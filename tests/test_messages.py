"""The words of messages."""

import pytest

from nntrain.messages import a, did_you_mean, escape, join, show, suggest


@pytest.mark.parametrize(
    ("wrong", "known", "hint"),
    [
        ("momentun", ["lr", "momentum"], "; did you mean 'momentum'?"),
        ("weight-decay", ["weight_decay"], "; did you mean 'weight_decay'?"),
        ("PRICE", ["Price", "price"], "; did you mean 'Price'?"),
        ("unit prise", ["unit price"], "; did you mean 'unit price'?"),
        ("tab\tle", ["tab\tles"], "; did you mean 'tab\\tles'?"),
        ("units", ["lr", "momentum"], ""),
        ("units", [], ""),
    ],
)
def test_a_near_miss_is_told_by_what_was_meant(wrong, known, hint):
    assert did_you_mean(wrong, known) == hint


def test_without_a_near_miss_a_few_names_are_all_listed():
    assert suggest("units", ["lr", "momentum", "beta"]) == "; there is lr, momentum and beta"
    assert suggest("units", ["lr"]) == "; there is only lr"
    assert suggest("units", ["x" * 201]) == ""
    assert suggest("units", []) == ""


def test_whatever_stands_in_a_value_it_is_shown_in_one_short_line():
    values = (None, True, "a\nb\x1b[2J", "x" * 999, 10**40, -0.5, {}, {"a": 1}, [1, 2], float("nan"))
    shown = [show(value) for value in values]
    assert all(text.isprintable() and len(text) < 70 for text in shown)
    assert shown[:3] == ["nothing", "true", r"'a\nb\x1b[2J'"]
    assert shown[4:] == ["a huge number", "-0.5", "an empty mapping", "a mapping", "a list of 2", "nan"]
    assert escape("a" * 99, 20) == "aaaaaaa…aaaaaaaaaaaa"


def test_lists_and_articles():
    assert [join(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a or b", "a, b or c"]
    assert [a("layer"), a("optimizer")] == ["a layer", "an optimizer"]
