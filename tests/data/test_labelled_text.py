"""labelled_text: what is read as a text and as its label, which symbols there are, what is cut and what is refused."""

import io
import json

import numpy as np
import pytest

from nntrain.data import LabelledText
from nntrain.data.facts import Facts
from nntrain.errors import DataError

REVIEWS = ["a lovely film", "Dull, dull, dull.", "lovely actors", "so dull"]
MOODS = ["good", "bad", "good", "bad"]


def table(rows, header="text,mood"):
    return "\n".join([header, *(f'"{text}",{mood}' for text, mood in rows)]) + "\n"


@pytest.fixture
def declare(tmp_path):
    """Write files and declare the dataset of the first, or of a folder."""

    def declare(files, path=None, **arguments):
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return LabelledText(tmp_path / (path or next(iter(files))), **{"validation": 0, **arguments})

    return declare


def texts(part, facts):
    """Texts as the network sees them, symbols apart by a blank."""
    batch = part.batch(np.arange(part.size))
    symbols = facts.text.symbols
    return [" ".join(symbols[i] for i in x[:length]) for x, length in zip(batch.X.T, batch.lengths, strict=True)]


def load(dataset, facts=None):
    data = dataset.load(0, "float32", facts)
    return data, data.parts["train"]


@pytest.mark.parametrize(
    ("files", "path"),
    [
        ({"t.csv": table(zip(REVIEWS, MOODS, strict=True))}, None),
        ({"t.tsv": "".join(f"{t}\t{m}\n" for t, m in zip(REVIEWS, MOODS, strict=True))}, None),
        ({f"d/{m}/{i}.txt": t for i, (t, m) in enumerate(zip(REVIEWS, MOODS, strict=True))}, "d"),
        ({"d/good.txt": "a lovely film\n\nlovely actors\n", "d/bad.txt": "Dull, dull, dull.\nso dull"}, "d"),
        ({"t.csv": table(zip(REVIEWS, MOODS, strict=True)).encode("utf-16")}, None),
    ],
    ids=["csv", "tsv without a header", "a folder of files", "a file of lines", "utf-16"],
)
def test_texts_and_labels_come_from_a_table_or_a_folder(declare, files, path):
    data, train = load(declare(files, path))
    assert (data.facts.classes, data.facts.label_names) == (2, ("bad", "good"))
    labels = train.batch(np.arange(4)).Y
    found = {(text, data.facts.label_names[y]) for text, y in zip(texts(train, data.facts), labels, strict=True)}
    expected = ["a lovely film", "Dull , dull , dull .", "lovely actors", "so dull"]
    assert found == set(zip(expected, MOODS, strict=True))
    assert data.warnings == []


def test_batches_are_padded_with_a_symbol_of_its_own(declare):
    data, train = load(declare({"t.csv": table(zip(REVIEWS, MOODS, strict=True))}))
    batch = train.batch(np.arange(4))
    assert data.facts.input_shape == (6,)
    assert batch.X.shape == (6, 4)
    np.testing.assert_array_equal(batch.lengths, [3, 6, 2, 2])
    past = np.arange(6)[:, None] >= batch.lengths
    assert (batch.X[past] == 1).all()
    assert (batch.X[~past] > 1).all()


def test_symbols_are_those_that_the_training_part_has_often_enough(declare):
    data, train = load(declare({"t.csv": table(zip(REVIEWS, MOODS, strict=True))}, at_least=2))
    assert data.facts.text.symbols[2:] == (",", "dull", "lovely")
    assert texts(train, data.facts)[0] == "\ufffd lovely \ufffd"
    with pytest.raises(DataError, match=r"t\.csv: error: no word occurs at_least 9 times"):
        load(declare({"t.csv": table(zip(REVIEWS, MOODS, strict=True))}, at_least=9))


def test_characters_are_symbols_too(declare):
    data, train = load(declare({"t.csv": table([("ab", "x"), ("bé c", "y")])}, unit="character"))
    assert data.facts.text.symbols[2:] == (" ", "a", "b", "c", "é")
    assert texts(train, data.facts) == ["a b", "b é   c"]


def test_what_is_longer_than_the_longest_is_cut_and_told(declare):
    dataset = declare({"t.csv": table(zip(REVIEWS, MOODS, strict=True))}, longest=2)
    data, train = load(dataset)
    assert texts(train, data.facts) == ["a lovely", "Dull ,", "lovely actors", "so dull"]
    (told,) = data.warnings
    assert told.endswith("t.csv:2:1: 2 texts have more than 2 words: what is behind is left out; longest says so")


def test_a_text_is_taken_as_it_is_written(declare):
    """NA and null are names; nothing but an empty cell is missing."""
    data, train = load(declare({"t.csv": "name,language\nNa,korean\nNull,NA\nNan,thai\n"}))
    assert texts(train, data.facts) == ["Na", "Null", "Nan"]
    assert data.facts.label_names == ("NA", "korean", "thai")


def test_columns_can_be_named(declare):
    content = 'id,mood,review\n1,good,"a, b"\n2,bad,c\n'
    data, train = load(declare({"t.csv": content}, text="review", target="mood"))
    assert texts(train, data.facts) == ["a , b", "c"]
    data, train = load(declare({"t.csv": content}, text=2, target=1))
    assert data.facts.label_names == ("bad", "good")


@pytest.mark.parametrize(
    ("files", "arguments", "words"),
    [
        ({"t.csv": "a,b,c\nx,y,z\n"}, {}, r"t\.csv: error: 2 columns may hold the texts \(a, b\): say which with text"),
        ({"t.csv": "text\nx\ny\n"}, {}, r"t\.csv: error: one column, expected one of texts and one of labels"),
        ({"t.csv": table([("x", "a"), ("", "b")])}, {}, r"t\.csv:3:1: error: an empty text; leave it out"),
        ({"t.csv": table([("x", "a"), ("y", "")])}, {}, r"t\.csv:3:2: error: no label; leave the row out"),
        ({"t.csv": table([("x", "a"), ("y", "a")])}, {}, r"every label is 'a'; a classification needs two classes"),
        ({"t.csv": table([("x", "a")])}, {"target": "modd"}, r"target: no column 'modd' \(text, mood\)"),
        ({"t.csv": table([("x", "a")])}, {"text": "mood"}, r"text and target are both the column mood"),
        (
            {"t.csv": "mood,text\n" + "".join(f"good,no {i}\n" for i in range(30))},
            {},
            r"t\.csv:2:2: error: column text has 30 different labels in 30 rows; is it the right target\?",
        ),
        ({"d/a/x.md": "x", "d/b/y.txt": "y"}, {"path": "d"}, r"d/a: error: no \.txt file in it"),
        ({"d/a/x.txt": "x", "d/b.txt": "y"}, {"path": "d"}, r"d: error: folders and \.txt files beside each other"),
        ({"d/x.csv": "x"}, {"path": "d"}, r"d: error: no folder and no \.txt file in it"),
        ({"d/a/x.txt": "x", "d/b/y.txt": " \n"}, {"path": "d"}, r"d/b/y\.txt: error: the file is empty"),
        ({"d/a/x.txt": "x", "d/b/y.txt": b"\xff\xfe"}, {"path": "d"}, r"d/b/y\.txt: error: the file is empty"),
        (
            {"d/a/x.txt": "x", "d/b/y.txt": b"\xe9t"},
            {"path": "d", "encoding": "utf-8"},
            r"y\.txt:1:1: error: not utf-8",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(declare, files, arguments, words):
    with pytest.raises(DataError, match=words):
        load(declare(files, **arguments))


def test_hidden_files_are_passed_over_and_others_are_counted(declare):
    files = {
        "d/a/x.txt": "x",
        "d/b/y.txt": "y",
        "d/.DS_Store": "",
        "d/__MACOSX/z.txt": "z",
        "d/a/.x.txt": "",
        "d/a/n.md": "",
    }
    data, train = load(declare(files, "d"))
    assert train.size == 2
    (told,) = data.warnings
    assert told.endswith("d: 1 file or folders without .txt: left out (a/n.md)")


def test_validation_and_test_can_be_files_and_keep_to_the_labels(declare, tmp_path):
    files = {"t.csv": table(zip(REVIEWS, MOODS, strict=True)), "v.csv": table([("unseen film", "good")])}
    data, _ = load(declare(files, validation=tmp_path / "v.csv"))
    assert texts(data.parts["validation"], data.facts) == ["\ufffd film"]
    (tmp_path / "v.csv").write_text(table([("x", "meh")]))
    with pytest.raises(DataError, match=r"v\.csv:2:1: error: no such label 'meh'; expected one of bad, good"):
        load(declare({"t.csv": files["t.csv"]}, validation=tmp_path / "v.csv"))


def test_new_texts_come_from_csv_lines_folders_and_streams(declare, tmp_path):
    dataset = declare({"t.csv": table(zip(REVIEWS, MOODS, strict=True))})
    facts = Facts.from_json(json.loads(json.dumps(load(dataset)[0].facts.as_json())))
    (tmp_path / "new").mkdir()
    for name, content in {
        "named.csv": "id,text\n1,so lovely\n2,dull\n",
        "with_target.csv": table([("so lovely", "good"), ("dull", "bad")]),
        "alone.csv": "so lovely\ndull\n",
        "lines.txt": "so lovely\n\ndull\n",
        "new/1.txt": "so\nlovely",
        "new/2.txt": "dull\n",
    }.items():
        (tmp_path / name).write_text(content)
    streams = [io.StringIO("so lovely\ndull"), io.StringIO("text\nso lovely\ndull\n")]
    files = [tmp_path / name for name in ("named.csv", "with_target.csv", "alone.csv", "lines.txt")]
    for source in (*files, *streams):
        assert texts(dataset.read_inputs(source, facts, "float32"), facts) == ["so lovely", "dull"], source
    assert texts(dataset.read_inputs(tmp_path / "new", facts, "float32"), facts) == ["so \ufffd lovely", "dull"]
    (tmp_path / "other.csv").write_text("id,txt\n1,so lovely\n")
    with pytest.raises(DataError, match=r"other\.csv: error: no column 'text'"):
        dataset.read_inputs(tmp_path / "other.csv", facts, "float32")


def test_the_checksum_is_of_texts_and_labels(declare):
    rows = list(zip(REVIEWS, MOODS, strict=True))
    first = load(declare({"t.csv": table(rows)}))[0].sha256
    assert load(declare({"u.tsv": "text\tmood\n" + "".join(f"{t}\t{m}\n" for t, m in rows)}))[0].sha256 == first
    assert load(declare({"t.csv": table([*rows[:3], ("so dull!", "bad")])}))[0].sha256 != first


def test_files_that_are_not_utf8_are_read_with_a_word(tmp_path):
    for label in ("de", "fr"):
        (tmp_path / label).mkdir()
        for i in range(2):
            (tmp_path / label / f"{i}.txt").write_bytes("schön déjà".encode("latin-1" if label == "de" else "utf-16"))
    data = LabelledText(tmp_path, validation=0).load(0, "float64")
    assert {"schön", "déjà"} <= set(data.facts.text.symbols)
    (told,) = data.warnings
    assert told.endswith("0.txt:1: not UTF-8; read as Latin-1; encoding says what it is (so are 1 more files)")
    (tmp_path / "train").mkdir()
    for label in ("de", "fr"):
        (tmp_path / label).rename(tmp_path / "train" / label)
    assert LabelledText(tmp_path, validation=0).load(0, "float64").warnings == [
        f"{tmp_path}: the folders train are taken for the parts, not for classes",
        told.replace(str(tmp_path), str(tmp_path / "train")),
    ]
