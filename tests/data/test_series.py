"""series: windows in order of time, scaling on the past alone, the naive forecast."""

import io

import numpy as np
import pytest

from nntrain.data import Series
from nntrain.errors import DataError


def write(tmp_path, rows, header="date,a,b", name="series.csv"):
    lines = [f"2020-01-{i + 1:02},{a},{b}" for i, (a, b) in enumerate(rows)]
    (tmp_path / name).write_text("\n".join(([header] if header else []) + lines) + "\n")
    return tmp_path / name


@pytest.fixture
def rows():
    return [(i, 100 + 10 * i) for i in range(20)]


def everything(part):
    return part.batch(np.arange(part.size))


def test_windows_and_targets_of_every_part_in_the_order_of_time(tmp_path, rows):
    settings = Series(write(tmp_path, rows), window=3, horizon=2, validation=0.25, test=0.2, standardize=False)
    data = settings.load(0, "float64")
    assert data.facts.input_shape == (3, 2)
    assert (data.facts.target, data.facts.outputs) == ("values", 4)
    firsts = {}
    for name, part in data.parts.items():
        batch = everything(part)
        firsts[name] = batch.Y[0].astype(int).tolist()
        for j in range(part.size):
            at = int(batch.Y[0, j])
            assert batch.X[:, :, j].tolist() == [list(rows[i]) for i in range(at - 3, at)]
            assert batch.Y[:, j].tolist() == [*rows[at], *rows[at + 1]]
            assert batch.naive[:, j].tolist() == [*rows[at - 1], *rows[at - 1]]
    # 12 rows, 4, 4: targets never cross into another part
    assert firsts == {"train": list(range(3, 11)), "validation": [12, 13, 14], "test": [16, 17, 18]}


def test_scaling_sees_the_training_rows_alone(tmp_path, rows):
    one = Series(write(tmp_path, rows), window=3, validation=0.25).load(0, "float64")
    changed = rows[:15] + [(1000, 0)] * 5
    other = Series(write(tmp_path, changed, name="b.csv"), window=3, validation=0.25).load(0, "float64")
    assert one.facts.preparation == other.facts.preparation
    scale = one.facts.preparation.standardize
    np.testing.assert_allclose(scale.mean, np.mean(rows[:15], axis=0))
    np.testing.assert_allclose(scale.deviation, np.std(rows[:15], axis=0))
    np.testing.assert_allclose(one.facts.to_units(everything(one.parts["train"]).Y).T, rows[3:15])


def test_some_columns_and_another_target(tmp_path, rows):
    data = Series(write(tmp_path, rows), columns=("b", 1), target=("a",), window=3, validation=0).load(0, "float64")
    batch = everything(data.parts["train"])
    assert batch.X.shape == (3, 2, 17)
    np.testing.assert_allclose(data.facts.to_units(batch.Y)[0], np.arange(3, 20))
    assert data.facts.output_names == ("a",)


def test_a_forecast_starts_from_the_last_window_of_a_file(tmp_path, rows):
    settings = Series(write(tmp_path, rows), window=3, validation=0)
    facts = settings.load(0, "float64").facts
    sources = [
        write(tmp_path, rows[5:10], name="new.csv"),
        io.StringIO("b,when,a\n" + "".join(f"{b},x,{a}\n" for a, b in rows[5:10])),  # by name
        io.StringIO("".join(f"{a},{b}\n" for a, b in rows[7:10])),  # as many as were read
    ]
    scale = facts.preparation.standardize
    expected = (np.array(rows[7:10]) - scale.mean) / scale.deviation
    for source in sources:
        part = settings.read_inputs(source, facts, "float64")
        np.testing.assert_allclose(everything(part).X[:, :, 0], expected)


def test_a_file_shorter_than_the_window_cannot_be_gone_on_with(tmp_path, rows):
    settings = Series(write(tmp_path, rows), window=3, validation=0)
    facts = settings.load(0, "float64").facts
    with pytest.raises(DataError, match="2 rows, fewer than the window of 3"):
        settings.read_inputs(io.StringIO("a,b\n1,2\n3,4\n"), facts, "float64")


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        ([(1, 2)] * 3 + [("", 3)] * 9, {"columns": ("a",)}, "series.csv:5:2: error: '' where a number was expected"),
        ([(1, 2)] * 20, {"columns": ("c",)}, "no column 'c'"),
        ([(1, 2)] * 20, {"columns": ("a",), "target": ("b",)}, "the target b is not among the columns that are read"),
        ([(1, 2)] * 4, {"window": 6}, "3 rows of the train part are too few for a window of 6 and a horizon of 1"),
        ([("x", "y")] * 20, {}, "no column holds a number in every row"),
    ],
)
def test_a_series_that_cannot_be_learned_from_is_refused(tmp_path, cells, options, message):
    with pytest.raises(DataError, match=message):
        Series(write(tmp_path, cells), **{"window": 3, **options}).load(0, "float64")
