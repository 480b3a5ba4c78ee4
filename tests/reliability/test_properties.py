"""Whatever comes in, only nntrain's own errors come out, each of them one line or more that name the place.

tests/config/test_properties.py says so of the text of a config; here it is built too.
"""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reliability.configs import MLP

from nntrain import config
from nntrain.builder import build
from nntrain.data.csv import Csv
from nntrain.errors import CheckpointError, DataError, NNTrainError
from nntrain.files import checkpoint

FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=5000, derandomize=False)


def told(error):
    """The message is text a person can read: no empty line, no control character that would move a cursor."""
    lines = str(error).splitlines()
    assert lines
    assert all(line.strip() and line.isprintable() for line in lines), lines


# configs: the keys and words of a good one, mixed with what does not belong there

NAMES = ["mlp", "moons", "dense", "relu", "dropout", "batch_norm", "adam", "plateau", "accuracy", "mse", "units", "lr"]
SPECIAL = ["$dataset.classes", "$training.epochs", "${seed}", "validation.loss", "type", "1e-3", "no", ""]
words = st.sampled_from(NAMES + SPECIAL)
scalars = st.none() | st.booleans() | st.integers(-3, 40) | st.floats(width=16) | words | st.text(max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=3), inner, max_size=3)
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


PLACES = [path for path in places(MLP) if path]


def put(tree, path, value):
    tree = json.loads(json.dumps(tree))
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return tree


def any_value_in_any_place(path, value):
    with np.errstate(all="ignore"):
        try:
            build(config.read(put(MLP, path, value)))
        except NNTrainError as error:
            told(error)


# tables: cells that look like numbers, and those that only nearly do

CELLS = ["1", "-2.5", "1e3", "0", "", " ", "nan", "inf", "x", "é", '"a,b"', '"', '""', "1_0", "1e400", "\0"]
cells = st.sampled_from(CELLS)
tables = st.lists(st.lists(cells, min_size=1, max_size=4).map(",".join), max_size=12).map("\n".join)


def any_table(folder, text, options):
    (folder / "data.csv").write_bytes(text.encode())
    with np.errstate(all="ignore"):
        try:
            Csv(folder / "data.csv", **options).load(0, np.float32)
        except DataError as error:
            told(error)


table_options = st.fixed_dictionaries(
    {},
    optional={
        "header": st.booleans(),
        "missing": st.sampled_from(["error", "drop", "mean"]),
        "task": st.sampled_from(["classification", "regression"]),
        "standardize": st.booleans(),
        "target": st.integers(-1, 4) | st.sampled_from(["x", "é", ""]),
        "validation": st.sampled_from([0.0, 0.5]),
    },
)

# checkpoints: a good one with bytes changed, cut out and put in

numbers = np.arange(30, dtype=np.float32).reshape(5, 6)
edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=4)


def any_damage(folder, changes):
    path = folder / "last.npz"
    checkpoint.write(path, {"dense_1.W": numbers, "optimizer/v/dense_1.W": numbers}, {"step": 3, "name": "é"})
    good = text = path.read_bytes()
    for where, length, new in changes:
        start = int(where * len(text))
        text = text[:start] + new + text[start + length :]
    path.write_bytes(text)
    try:
        saved = checkpoint.read(path)
    except CheckpointError as error:
        told(error)
    else:
        assert text == good
        assert (saved.arrays["dense_1.W"] == numbers).all()


@FEW
@example(("architecture",), [])
@given(st.sampled_from(PLACES), values)
def test_any_value_in_any_place_of_a_config(path, value):
    any_value_in_any_place(path, value)


@FEW
@given(tables, table_options)
def test_any_table(tmp_path, text, options):
    any_table(tmp_path, text, options)


@FEW
@given(edits)
def test_any_damage_of_a_checkpoint(tmp_path, changes):
    any_damage(tmp_path, changes)


@pytest.mark.slow
def test_many_more_of_each(tmp_path):
    MANY(given(st.sampled_from(PLACES), values)(any_value_in_any_place))()
    MANY(given(tables, table_options)(lambda text, options: any_table(tmp_path, text, options)))()
    MANY(given(edits)(lambda changes: any_damage(tmp_path, changes)))()


def test_a_crash_among_errors_would_be_noticed(monkeypatch):
    monkeypatch.setattr("nntrain.config.config.check", lambda *_: [][0])
    with pytest.raises(IndexError):
        any_value_in_any_place(("seed",), 1)
