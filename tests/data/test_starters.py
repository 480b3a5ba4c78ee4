"""nntrain init csv: a validation part also for small tables, by which no checkpoint is chosen."""

import pytest
import yaml

from nntrain.data import Csv
from nntrain.data.csv_starter import starter
from nntrain.errors import DataError


@pytest.mark.parametrize(
    ("rows", "validation", "monitor"),
    [
        (4, 0, None),
        (10, 0.1, "train.loss"),
        (99, 0.1, "train.loss"),
        (100, 0.05, "train.loss"),
        (1999, 0.05, "train.loss"),
        (2000, 0.1, None),
    ],
)
def test_small_tables_have_a_validation_part(tmp_path, rows, validation, monitor):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{(i * 7) % 5 / 2},{'ab'[i % 2]}\n" for i in range(rows)))
    config = yaml.safe_load(starter(Csv(path), "t"))
    assert config["dataset"]["validation"] == validation
    assert config["training"].get("monitor") == monitor


@pytest.mark.parametrize("cell", ["2,5", "1,500", "1 500", "1.234,5"])
def test_a_target_of_numbers_in_another_writing_makes_no_classes(tmp_path, cell):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n" + "".join(f"{i / 8};{i % 5 + 1}{cell[1:]}\n" for i in range(40)))
    with pytest.raises(DataError, match=r"t.csv:2:2: error: column y has '1"):
        starter(Csv(path), "t")


def test_a_table_of_one_column_is_one_line(tmp_path):
    (tmp_path / "t.csv").write_text("y\n" + "".join(f"{i / 8}\n" for i in range(60)))
    with pytest.raises(DataError, match=r"no column is an input: there is the target alone; .* series forecasts"):
        starter(Csv(tmp_path / "t.csv"), "t")
