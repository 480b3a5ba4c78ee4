"""Tables are as wide as their window, and numbers stand below each other."""

import pytest

from nntrain.cli.tables import Column, broken_head, elided, simple, table
from nntrain.cli.terminal import broken, width_of
from nntrain.cli.value_texts import aligned, bar, clock, fixed
from nntrain.messages import printable

RUNS = [
    Column("run", ["digits-mlp-001", "digits-mlp-002"], right=False),
    Column("optimizer.lr", ["0.1", "0.03"], rank=1),
    Column("validation.accuracy", ["0.9583", "0.9722"]),
    Column("validation.loss", ["0.6215", "0.5871"], rank=2),
]


def test_without_a_window_a_table_is_as_wide_as_it_is():
    text, left_out = table(RUNS)
    assert text.split("\n")[0] == "run             optimizer.lr  validation.accuracy  validation.loss"
    assert not left_out


@pytest.mark.parametrize(
    ("width", "heads", "left_out"),
    [
        (70, ["run", "optimizer.lr", "validation.accuracy", "validation.loss"], []),
        (55, ["optimizer", "validation", "validation", "run", ".lr", ".accuracy", ".loss"], []),
        (40, ["run", "lr", "accuracy", "loss"], []),
        (34, ["run", "lr", "accuracy", "loss"], []),
        (26, ["run", "lr", "accuracy"], ["validation.loss"]),
        (20, ["run", "accuracy"], ["validation.loss", "optimizer.lr"]),
    ],
)
def test_a_narrow_window_breaks_heads_then_shortens_text_then_lacks_columns(width, heads, left_out):
    text, lacks = table(RUNS, width)
    lines = text.split("\n")
    assert max(map(len, lines)) <= width
    assert " ".join(lines[:-2]).split() == heads
    assert lacks == left_out


def test_what_may_not_be_left_out_becomes_several_tables():
    text = simple(["name", "first", "second"], [["a", "1", "2"], ["b", "3", "4"]], "lrr", width=12)
    assert text == "name  first\na         1\nb         3\n\nname  second\na          2\nb          4"


def test_text_keeps_its_end_where_names_differ():
    text, _ = table([Column("run", ["digits-mlp-001"], right=False), Column("n", ["12345"])], 16)
    assert text.split("\n")[1] == "…-mlp-001  12345"


def test_cells_cannot_move_the_cursor_or_break_the_line():
    text, _ = table([Column("run", ["a\x1b[2Jb\nc"], right=False)])
    assert text.split("\n") == ["run", "a\\x1b[2Jb\\nc"]
    assert printable("größe") == "größe"


def test_wide_text_is_shortened_by_the_columns_that_it_takes():
    assert elided("很长很长-1", 7) == "…很长-1"
    assert elided("很长很长-1", 6) == "…长-1"
    assert elided("很长", 4) == "很长"


def test_wide_characters_take_two_columns():
    assert width_of("日本") == 4
    assert width_of("e\u0301") == 1
    text, _ = table([Column("class", ["日本", "ab"], right=False), Column("n", ["1", "2"])])
    assert text.split("\n")[1:] == ["日本   1", "ab     2"]


def test_a_column_of_numbers_has_as_many_decimals_in_each():
    assert aligned([0.97772, 0.961, None]) == ["0.9777", "0.9610", ""]
    assert aligned([12.5, 0.25]) == ["12.500", "0.250"]
    assert aligned([0.0003, 0.5]) == ["0.00030", "0.50000"]
    assert aligned([1e-9, 0.5]) == ["1e-09", "0.5"]
    assert aligned([3, 12]) == ["3", "12"]
    assert aligned([float("nan"), 0.5]) == ["nan", "0.5000"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.7516, "1.7516"),
        (0.0, "0.0000"),
        (123.456789, "123.457"),
        (12345.678, "12345.7"),
        (-0.5, "-0.5000"),
        (0.0003, "3.0e-04"),
        (2.5e12, "2.5e+12"),
        (float("nan"), "nan"),
        (7, "7"),
    ],
)
def test_a_number_of_a_growing_table_fits_its_column(value, text):
    assert fixed(value, 7) == text
    assert len(fixed(value, 7)) <= 7


def test_heads_are_broken_at_dots_underscores_and_spaces():
    assert broken_head("validation.accuracy_real") == "validation\n.accuracy\n_real"
    assert broken_head("in earlier parts") == "in\nearlier\nparts"


def test_messages_are_broken_between_words_and_paths_stay_whole():
    lines = broken("error: a/very/long/path/without/spaces: missing", 20).split("\n")
    assert lines == ["error:", "  a/very/long/path/without/spaces:", "  missing"]
    assert broken("name  what it means to us", 16).split("\n") == ["name  what it", "      means to", "      us"]
    assert broken("as long as it is", None) == "as long as it is"


def test_times_and_bars():
    assert [clock(seconds) for seconds in (7, 750, 11100)] == ["0:07", "12:30", "3:05:00"]
    assert bar(0.25, 8) == "██░░░░░░"
