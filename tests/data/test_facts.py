"""Facts: what a checkpoint keeps of the data comes back whole, and whatever is wrong with it is one line."""

import copy
import itertools
import json

import numpy as np
import pytest

from nntrain.data import CopyMemory, Csv, Digits, Names, Npz, Series, Text
from nntrain.data.facts import Facts
from nntrain.errors import CheckpointError
from nntrain.files import checkpoint
from nntrain.files.storage import json_bytes
from nntrain.inference.load import load

ROWS = "".join(f"{('red', 'blue')[i % 2]},{i if i % 3 else ''},{i / 4}\n" for i in range(12))
LAYOUT = (
    '"layout":{"header":true,"width":3,"missing":"mean","target":{"name":"y","at":2},"columns":'
    '[{"name":"color","at":0,"categories":["blue","red"],"fill":0},{"name":"size","at":1,"fill":6.0}]}'
)
DIGIT_NAMES = '"label_names":["0","1","2","3","4","5","6","7","8","9"]'
OF_DIGITS = f'{{"input_shape":[1,8,8],"target":"labels","classes":10,"outputs":null,"vocabulary":null,{DIGIT_NAMES},'


def of(shape, target, classes="null", outputs="null", vocabulary="null", names="null"):
    return (
        f'{{"input_shape":{shape},"target":"{target}","classes":{classes},"outputs":{outputs},'
        f'"vocabulary":{vocabulary},"label_names":{names},"preparation":'
    )


@pytest.fixture
def datasets(tmp_path):
    """A dataset of each kind of preparation, and the JSON that checkpoints have kept of it since the first release."""

    def write(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    np.savez(tmp_path / "a.npz", table=np.array([[1.0, 3], [3, 5]] * 4), y=[0, 1] * 4)
    np.savez(tmp_path / "s.npz", x=np.arange(8)[:, None] % 3, y=[0, 1] * 4)
    table = write("t.csv", "color,size,y\n" + ROWS)
    series = write("s.csv", "day,a,b\n" + "".join(f"d{i},{2 * (i % 2)},7\n" for i in range(16)))
    options = {"validation": 0.0}
    scaled = '"standardize":{"mean":[2.0,4.0],"deviation":[1.0,1.0]}'
    return {
        "images": (Digits(**options), OF_DIGITS + '"preparation":{"scale":0.0625}}'),
        "arrays": (
            Npz(tmp_path / "a.npz", inputs="table", standardize=True, **options),
            of("[2]", "labels", classes=2) + f'{{"array":"table",{scaled}}}}}',
        ),
        "symbols": (
            Npz(tmp_path / "s.npz", vocabulary=3, **options),
            of("[1]", "labels", classes=2, vocabulary=3) + '{"vocabulary":3,"array":"x"}}',
        ),
        "generated symbols": (
            CopyMemory(8, delay=1, symbols=1, kinds=2, **options),
            of("[3]", "labels", classes=3, vocabulary=4) + '{"vocabulary":4}}',
        ),
        "table": (Csv(table, missing="mean", **options), of("[3]", "values", outputs=1) + f"{{{LAYOUT}}}}}"),
        "labels": (
            Csv(write("l.csv", "1,b\n2,a\n3,b\n"), **options),
            of("[1]", "labels", classes=2, names='["a","b"]')
            + '{"layout":{"header":false,"width":2,"missing":"error","target":{"name":"1","at":1,"categories":'
            '["a","b"]},"columns":[{"name":"0","at":0}]}}}',
        ),
        "scaled target": (
            Csv(write("r.csv", "1,0.5\n3,2.5\n"), standardize_target=True, **options),
            of("[1]", "values", outputs=1)
            + '{"layout":{"header":false,"width":2,"missing":"error","target":{"name":"1","at":1},"columns":'
            '[{"name":"0","at":0}]},"standardize_target":{"mean":[1.5],"deviation":[1.0]}}}',
        ),
        "series": (
            Series(series, target=("a",), window=3, horizon=2, **options),
            of("[3,2]", "values", outputs=2)
            + '{"series":{"columns":["a","b"],"at":[1,2],"targets":["a"]},"output_names":["a+1","a+2"],'
            '"standardize":{"mean":[1.0,7.0],"deviation":[1.0,1.0]},'
            '"standardize_target":{"mean":[1.0,1.0],"deviation":[1.0,1.0]}}}',
        ),
        "text": (
            Text(write("t.txt", "ab " * 40), length=4, **options),
            of("[4]", "labels", classes=4, vocabulary=4) + '{"symbols":["\\ufffd"," ","a","b"],"level":"characters"}}',
        ),
        "names": (
            Names(write("n.txt", "ab\nb\n"), **options),
            of("[3]", "labels", classes=4, vocabulary=4)
            + '{"symbols":["\\ufffd","\\n","a","b"],"level":"characters"}}',
        ),
        "reconstructed": (
            Npz(tmp_path / "a.npz", inputs="table", standardize=True, reconstruct=True, **options),
            of("[2]", "values", outputs=2)
            + f'{{"array":"table",{scaled},"source":'
            + of("[2]", "labels", classes=2)
            + f'{{"array":"table",{scaled}}}}},"standardize_target":{{"mean":[2.0,4.0],"deviation":[1.0,1.0]}}}}}}',
        ),
    }


def test_a_checkpoint_keeps_the_same_json_as_ever_and_gives_the_same_facts_back(datasets):
    for name, (dataset, expected) in datasets.items():
        facts = dataset.load(0, "float64").facts
        assert json_bytes(facts.as_json()).decode() == expected, name
        assert Facts.from_json(json.loads(expected)) == facts, name


def places(saved, path=()):
    """Every place in a JSON value."""
    yield path
    for key in saved if isinstance(saved, dict) else range(len(saved)) if isinstance(saved, list) else ():
        yield from places(saved[key], (*path, key))


def replaced(saved, path, value):
    """A copy with another value at a place."""
    if not path:
        return value
    saved = copy.deepcopy(saved)
    at = saved
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return saved


STRANGE = [None, True, -1, 0, 10**30, 0.5, "", "x", [], [1], ["a", "b"], [[]], {}, {"a": 1}]


def test_whatever_stands_at_any_place_is_taken_or_refused_in_one_line(datasets):
    refusals = []
    for _, expected in datasets.values():
        saved = json.loads(expected)
        for path, value in itertools.product(places(saved), STRANGE):
            try:
                json_bytes(Facts.from_json(replaced(saved, path, value)).as_json())
            except ValueError as error:
                refusals.append(str(error))
    assert len(refusals) > 1000
    assert not [text for text in refusals if "\n" in text or not text.startswith(("dataset", "layout", "series"))]


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("images", (), [], "dataset: expected an object, not []"),
        ("images", ("input_shape",), [1, "8"], "dataset.input_shape: expected a whole number from 1, not '8'"),
        ("images", ("input_shape",), [], "dataset.input_shape: () is no vector, sequence or image"),
        ("images", ("target",), "names", "dataset.target: expected labels, values, not 'names'"),
        ("images", ("classes",), None, "dataset.label_names: 10 entries, expected None"),
        ("images", ("classes",), True, "dataset.classes: expected a whole number from 1, not True"),
        ("images", ("preparation", "owner"), 1, "dataset.preparation: unknown key 'owner'"),
        ("arrays", ("preparation", "standardize", "mean"), [1.0], "dataset.standardize: 1 entries, expected 2"),
        ("arrays", ("preparation", "standardize"), {"mean": [1, 2]}, "dataset.preparation.standardize: no 'deviation'"),
        (
            "table",
            ("preparation", "layout", "missing"),
            "guess",
            "missing: expected error, drop, mean, category, not 'guess'",
        ),
        ("table", ("preparation", "layout", "width"), 2, "layout: its columns are not those of a table of its width"),
        ("table", ("preparation", "layout", "columns", 0, "categories"), ["red"], "dataset.layout: 2 entries, exp"),
        ("series", ("preparation", "series", "targets"), ["c"], "series: its columns, their places and its targets"),
        ("series", ("preparation", "output_names"), ["a"], "dataset.output_names: 1 entries, expected 2"),
        ("text", ("preparation", "symbols"), ["a"], "dataset.symbols: 1 entries, expected 4"),
        ("text", ("preparation", "level"), "lines", "level: expected characters, words, not 'lines'"),
        ("reconstructed", ("outputs",), 3, "dataset.standardize_target: 2 entries, expected 3"),
    ],
)
def test_what_does_not_belong_together_is_told(datasets, name, path, value, said):
    with pytest.raises(ValueError, match=r"^(dataset|layout|series)") as caught:
        Facts.from_json(replaced(json.loads(datasets[name][1]), path, value))
    assert said in str(caught.value)


def test_facts_of_another_kind_of_data_do_not_fit_a_dataset(datasets):
    images = datasets["images"][0].load(0, "float64").facts
    for name in ("table", "series", "text", "names", "reconstructed"):
        with pytest.raises(CheckpointError, match="what it keeps of the data is not"):
            datasets[name][0].load(0, "float64", images)


def test_a_checkpoint_with_damaged_facts_is_a_bad_checkpoint(tmp_path):
    whole = checkpoint.read("tests/assets/format_1/checkpoints/last.npz")
    manifest = replaced(whole.manifest, ("dataset", "preparation"), {"standardize": {"mean": [0.0]}})
    checkpoint.write(tmp_path / "bad.npz", whole.arrays, manifest)
    with pytest.raises(CheckpointError, match=r"bad\.npz: not a good checkpoint: .*standardize: no 'deviation'"):
        load(tmp_path / "bad.npz")
