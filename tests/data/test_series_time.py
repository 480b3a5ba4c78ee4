"""The time of a series: found and said, in order, gaps told, refused or filled; several series; columns known ahead."""

import datetime
import io
import json

import numpy as np
import pytest

from nntrain.data import Series
from nntrain.data.facts import Facts
from nntrain.data.tables.dates import forms_of
from nntrain.errors import DataError

START = datetime.date(2024, 1, 1)
DAYS = [(START + datetime.timedelta(i)).isoformat() for i in range(40)]
TIME = "column day is taken for the time; time says which it is"


@pytest.fixture
def declare(tmp_path):
    def declare(rows, header="day,a", **arguments):
        lines = [header, *(",".join(map(str, row)) for row in rows)]
        (tmp_path / "s.csv").write_text("\n".join(lines) + "\n")
        settings = {"window": 3, "validation": 0, "standardize": False, **arguments}
        return Series(tmp_path / "s.csv", **settings)

    return declare


def load(dataset, facts=None):
    return dataset.load(0, "float64", facts)


def told(data):
    """Warnings without the file's folder."""
    return [text.rpartition("/")[2] for text in data.warnings]


def values(data, part="train"):
    """The first window's inputs and all targets, in order."""
    batch = data.parts[part].batch(np.arange(data.parts[part].size))
    return [*batch.X[:, 0, 0], *batch.Y[0]]


ROWS = [(day, i) for i, day in enumerate(DAYS)]


def test_a_column_of_dates_is_found_and_said(declare):
    data = load(declare(ROWS))
    assert told(data) == [f"s.csv:1:1: {TIME}"]
    assert data.facts.input_shape == (3, 1)
    assert told(load(declare(ROWS, time="day"))) == []
    assert told(load(declare(ROWS, time=0))) == []


@pytest.mark.parametrize("name", ["year", "Year", "step", "t"])
def test_numbers_that_go_one_way_are_the_time_under_a_name_of_time(declare, name):
    data = load(declare([(1950 + i, i) for i in range(20)], f"{name},a"))
    assert data.facts.preparation.series.columns == ("a",)
    assert told(data) == [f"s.csv:1:1: column {name} is taken for the time; time says which it is"]


def test_numbers_under_another_name_or_without_order_are_values(declare):
    assert load(declare([(1950 + i, i) for i in range(20)], "level,a")).facts.input_shape == (3, 2)
    assert load(declare([(i % 7, i) for i in range(20)], "day,a")).facts.input_shape == (3, 2)


def test_newest_first_is_turned_with_a_word(declare):
    data = load(declare(ROWS[::-1], time="day"))
    assert told(data) == ["s.csv:2:1: day goes down: rows are turned, oldest first"]
    assert values(data) == list(range(40))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [*ROWS[:9], ROWS[20], *ROWS[9:20]],
            r"s\.csv:12:1: error: day goes from 2024-01-21 to 2024-01-10; sort the rows",
        ),
        (
            [*ROWS[:9], *ROWS[8:20]],
            r"s\.csv:11:1: error: day is 2024-01-09 twice; group says which column tells several",
        ),
        ([*ROWS[:9], ("soon", 9), *ROWS[9:]], r"s\.csv:11:1: error: column day is the time and has 'soon', expected a"),
        ([*ROWS[:9], ("", 9), *ROWS[9:]], r"s\.csv:11:1: error: column day is the time, and has nothing here"),
    ],
)
def test_rows_out_of_order_are_refused_with_their_place(declare, rows, words):
    with pytest.raises(DataError, match=words):
        load(declare(rows))


GAP = [*ROWS[:10], *ROWS[13:20], *ROWS[21:]]


def test_missing_rows_are_told(declare):
    (word,) = told(load(declare(GAP, time="day")))
    assert word == (
        "s.csv:12:1: 3 rows are missing between 2024-01-10 and 2024-01-14, and 1 more in 1 gap: each row is one step "
        "all the same; gaps: previous or linear fills them"
    )


@pytest.mark.parametrize(("gaps", "expected"), [("previous", [9, 9, 9, 9, 13]), ("linear", [9, 10, 11, 12, 13])])
def test_missing_rows_are_filled(declare, gaps, expected):
    data = load(declare(GAP, time="day", gaps=gaps))
    assert values(data)[9:14] == expected
    assert len(values(data)) == 40
    assert told(data)[0].endswith("and 1 more in 1 gap: filled")


def test_missing_rows_are_refused(declare):
    with pytest.raises(
        DataError, match=r"s\.csv:12:1: error: 3 rows are missing .*; gaps: previous or linear fills them"
    ):
        load(declare(GAP, gaps="error"))


@pytest.mark.parametrize(
    "days",
    [
        [f"{1949 + i // 12}-{i % 12 + 1:02}" for i in range(40)],
        [f"{1949 + i // 12}-{i % 12 + 1:02}-01" for i in range(40)],
        [d for d in (START + datetime.timedelta(i) for i in range(60)) if d.weekday() < 5],
        [f"2024-01-0{1 + i // 24} {i % 24:02}:00" for i in range(40)],
        [1950 + 5 * i for i in range(40)],
    ],
    ids=["months", "firsts of months", "working days", "hours", "every five years"],
)
def test_months_working_days_and_hours_have_no_gaps(declare, days):
    assert told(load(declare(list(zip(days, range(40), strict=False)), "time,a", time="time"))) == []


def test_steps_that_differ_are_told_and_cannot_be_filled(declare):
    rows = [(i * i, i) for i in range(20)]
    (word,) = told(load(declare(rows, time="day")))
    assert "day: the steps differ, as from" in word
    with pytest.raises(DataError, match="gaps: linear is for equal steps"):
        load(declare(rows, time="day", gaps="linear"))


MISSING = [(day, "" if i == 5 else i, 60 - i) for i, (day, _) in enumerate(ROWS)]


@pytest.mark.parametrize(("cell", "hint"), [("", "; gaps: previous or linear fills"), ("NA", "; gaps: "), ("err", "$")])
def test_a_cell_without_a_number_names_its_place_and_drops_no_column(declare, cell, hint):
    rows = [(day, cell if a == "" else a, b) for day, a, b in MISSING]
    with pytest.raises(DataError, match=rf"s\.csv:7:2: error: '{cell}' where a number was expected{hint}"):
        load(declare(rows, "day,a,b"))


def test_a_missing_value_is_filled_where_gaps_says_how(declare):
    assert values(load(declare(MISSING, "day,a,b", gaps="previous", time="day")))[4:7] == [4, 4, 6]
    assert values(load(declare(MISSING, "day,a,b", gaps="linear", time="day")))[4:7] == [4, 5, 6]
    first = [(day, "" if i == 0 else i) for i, (day, _) in enumerate(ROWS)]
    with pytest.raises(DataError, match=r"s\.csv:2:2: error: no number, and none before it to fill it with"):
        load(declare(first, gaps="previous"))


def test_a_column_that_is_left_out_is_named(declare):
    rows = [(day, a, "wet") for day, a in ROWS]
    assert told(load(declare(rows, "day,a,sky", time="day"))) == ["s.csv:1:3: column sky holds no numbers: left out"]


# --- several series, columns known in advance, seasons ----------------------------------------------------------------

SHOPS = [(day, shop, 100 * k + i) for i, day in enumerate(DAYS[:12]) for k, shop in enumerate(("north", "south"))]


def test_a_file_may_hold_several_series(declare):
    data = load(declare(SHOPS, "day,shop,a", group="shop", time="day", validation=0.25, horizon=2))
    for part, first, last in (("train", 3, 8), ("validation", 9, 11)):
        batch = data.parts[part].batch(np.arange(data.parts[part].size))
        assert batch.Y[0].tolist() == [*range(first, last), *range(100 + first, 100 + last)]
        np.testing.assert_array_equal(batch.Y[1], batch.Y[0] + 1)
        np.testing.assert_array_equal(batch.X[-1, 0], batch.Y[0] - 1)  # no window reaches into another series
        np.testing.assert_array_equal(batch.naive[0], batch.Y[0] - 1)


def test_every_series_is_forecast_and_named(declare, tmp_path):
    dataset = declare(SHOPS, "day,shop,a", group="shop", time="day")
    facts = Facts.from_json(json.loads(json.dumps(load(dataset).facts.as_json())))
    new = io.StringIO("a,day,shop\n" + "".join(f"{a},{day},{shop}\n" for day, shop, a in SHOPS[:8]))
    part = dataset.read_inputs(new, facts, "float64")
    assert part.beside == {"shop": ["north", "south"]}
    np.testing.assert_array_equal(part.batch(np.arange(2)).X[:, 0], [[1, 101], [2, 102], [3, 103]])


@pytest.mark.parametrize("horizon", [1, 2])
def test_what_is_known_in_advance_stands_a_horizon_ahead(declare, horizon):
    rows = [(day, i, 1000 + i) for i, (day, _) in enumerate(ROWS)]
    dataset = declare(rows, "day,a,holiday", future=("holiday",), time="day", horizon=horizon)
    data = load(dataset)
    batch = data.parts["train"].batch(np.arange(data.parts["train"].size))
    assert data.facts.output_names == (("a",) if horizon == 1 else ("a+1", "a+2"))
    np.testing.assert_array_equal(batch.X[:, 1], batch.X[:, 0] + 1000 + horizon)
    facts = Facts.from_json(json.loads(json.dumps(data.facts.as_json())))
    ahead = [(day, "", h) for day, _, h in rows[-horizon:]]
    new = "day,a,holiday\n" + "".join(f"{d},{a},{h}\n" for d, a, h in [*rows[30:-horizon], *ahead])
    window = dataset.read_inputs(io.StringIO(new), facts, "float64").batch(np.arange(1)).X[..., 0]
    np.testing.assert_array_equal(window[:, 0], np.arange(40 - horizon - 3, 40 - horizon))
    np.testing.assert_array_equal(window[:, 1], window[:, 0] + 1000 + horizon)
    with pytest.raises(DataError, match=rf"0 rows at the end have holiday alone, expected {horizon}"):
        dataset.read_inputs(
            io.StringIO("day,a,holiday\n" + "".join(f"{d},{a},{h}\n" for d, a, h in rows)), facts, "float64"
        )


def test_what_is_known_in_advance_is_not_forecast(declare):
    rows = [(day, i, i) for i, (day, _) in enumerate(ROWS)]
    with pytest.raises(DataError, match="future: a is forecast itself"):
        load(declare(rows, "day,a,b", future=("a",), target=("a",)))


@pytest.mark.parametrize(("season", "horizon"), [(7, 1), (7, 9), (2, 3)])
def test_the_forecast_of_a_season_ago(declare, season, horizon):
    data = load(declare(ROWS, season=season, horizon=horizon))
    batch = data.parts["train"].batch(np.arange(data.parts["train"].size))
    last_seen = batch.Y[0] - 1
    for h in range(horizon):
        ago = season * -(-(h + 1) // season)
        np.testing.assert_array_equal(batch.seasonal[h], batch.Y[h] - ago)
        assert (batch.seasonal[h] <= last_seen).all()


def test_new_columns_are_matched_by_name_and_never_by_count(declare):
    rows = [(day, i, 2 * i) for i, (day, _) in enumerate(ROWS)]
    dataset = declare(rows, "day,a,b")
    facts = load(dataset).facts
    swapped = io.StringIO("b,a\n" + "".join(f"{b},{a}\n" for _, a, b in rows[:5]))
    np.testing.assert_array_equal(
        dataset.read_inputs(swapped, facts, "float64").batch(np.arange(1)).X[-1, :, 0], [4, 8]
    )
    other = io.StringIO("x,y\n" + "".join(f"{b},{a}\n" for _, a, b in rows[:5]))
    with pytest.raises(DataError, match=r"error: no column a \(x, y\); expected columns a, b"):
        dataset.read_inputs(other, facts, "float64")
    down = io.StringIO("day,a,b\n" + "".join(f"{d},{a},{b}\n" for d, a, b in rows[4::-1]))
    part = dataset.read_inputs(down, facts, "float64")
    np.testing.assert_array_equal(part.batch(np.arange(1)).X[-1, :, 0], [4, 8])
    assert "goes down" in part.warnings[-1]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ('"{},5"', "s.csv:2:2: error: column a has '0,5': write the decimals after a point, or say decimal: \",\""),
        ("{}%", "s.csv:2:2: error: column a has '0%', a number with '%': write 0"),
    ],
)
def test_numbers_in_another_writing_are_not_left_out(declare, cell, said):
    for header, more in (("day,a", ()), ("day,a,b", (1,))):
        dataset = declare([(day, cell.format(i), *more) for i, day in enumerate(DAYS)], header)
        with pytest.raises(DataError) as refused:
            load(dataset)
        assert str(refused.value).rpartition("/")[2] == said
    assert load(declare([(day, f'"{i},5"') for i, day in enumerate(DAYS)], decimal=",")).facts.outputs == 1


def test_a_column_of_more_words_than_numbers_is_told_so(declare):
    data = load(declare([(day, i, i if i % 3 == 0 else "x") for i, day in enumerate(DAYS)], "day,a,b"))
    assert told(data)[1] == "s.csv:1:3: column b holds more words than numbers: left out"


def test_another_step_than_that_of_training_is_told(declare, tmp_path):
    days = declare([(day, i) for i, day in enumerate(DAYS)])
    facts = Facts.from_json(json.loads(json.dumps(load(days).facts.as_json())))

    def said(times):
        (tmp_path / "new.csv").write_text("day,a\n" + "".join(f"{time},{i}\n" for i, time in enumerate(times)))
        return [text.rpartition("/")[2] for text in days.read_inputs(tmp_path / "new.csv", facts, "float64").warnings]

    assert said(DAYS[10:]) == []
    assert said(DAYS[:4:-1][:3]) == ["new.csv:2:1: day goes down: rows are turned, oldest first"]
    assert said([f"2024-03-01 {hour:02}:00" for hour in range(0, 20, 2)]) == [
        "new.csv:2:1: day has a step of 2 hours between rows, 1 day in training"
    ]
    assert said(DAYS[::7]) == ["new.csv:2:1: day has a step of 7 days between rows, 1 day in training"]
    numbered = declare([(i / 2, i) for i in range(40)], header="time,a")
    (tmp_path / "new.csv").write_text("time,a\n" + "".join(f"{i},{i}\n" for i in range(9)))
    part = numbered.read_inputs(tmp_path / "new.csv", load(numbered).facts, "float64")
    assert told(part) == ["new.csv:2:1: time has a step of 1 between rows, 0.5 in training"]


def test_a_number_that_may_stand_for_no_value_is_told_and_filled_where_it_is_said(declare):
    rows = [(day, -999 if i % 9 == 4 else i) for i, day in enumerate(DAYS)]
    word = (
        "s.csv:6:2: column a has -999 in 4 rows, far from all others; if it stands for no value, say missing_values: "
    )
    assert told(load(declare(rows)))[-1] == f"{word}[-999]"
    data = load(declare(rows, missing_values=(-999,), gaps="linear"))
    assert told(data)[-1] == "s.csv:6:2: 4 values are missing: filled"
    np.testing.assert_array_equal(data.parts["train"].batch(np.arange(37)).Y[0], np.arange(3, 40))


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["2000-Q1", "2000-Q2", "2000-Q4"], ["2000-01-01", "2000-04-01", "2000-10-01"]),
        (["Q1 2000", "Q3/2000"], ["2000-01-01", "2000-07-01"]),
        (["2000-01", "2000-12"], ["2000-01-01", "2000-12-01"]),
        (["2000M02", "2001M11"], ["2000-02-01", "2001-11-01"]),
        (["02/2000", "11/2001"], ["2000-02-01", "2001-11-01"]),
        (["Feb 2000", "November-2001"], ["2000-02-01", "2001-11-01"]),
        (["2000-W01", "2004-W53"], ["2000-01-03", "2004-12-27"]),
        (["2000-W01-7", "2000W023"], ["2000-01-09", "2000-01-12"]),
    ],
)
def test_quarters_months_and_weeks_are_dates(cells, days):
    [form] = forms_of(cells)
    assert [form.read(cell) for cell in cells] == np.array(days, "datetime64[s]").astype(float).tolist()
    assert (len(form.parts) == 2) == ("W" not in cells[0])


@pytest.mark.parametrize("cell", ["2000-Q5", "2000-W54", "2001-W53", "13/2000", "2000-00", "Mam 2000", "2000-W01-8"])
def test_what_is_no_quarter_month_or_week_is_no_date(cell):
    assert not forms_of([cell])


def test_quarters_newest_first_are_turned_and_a_missing_one_is_told(tmp_path):
    quarters = [f"{2000 + i // 4}-Q{i % 4 + 1}" for i in range(40) if i != 17]
    path = tmp_path / "t.csv"
    path.write_text("when,y\n" + "".join(f"{when},{i}\n" for i, when in reversed(list(enumerate(quarters)))))
    data = Series(path, window=4, validation=0).load(0, "float32")
    told = "\n".join(data.warnings)
    assert "rows are turned, oldest first" in told
    assert "1 row is missing between 2004-Q1 and 2004-Q3" in told
