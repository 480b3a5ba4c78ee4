"""Pairs of texts: files, symbols and marks, lengths, and the generated ones, whose test part was never seen."""

from datetime import date

import numpy as np
import pytest

from nntrain.data import Additions, Dates, Translation
from nntrain.data.facts import Facts
from nntrain.data.generated_pairs import FORMS, written
from nntrain.errors import DataError


def file(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def load(dataset, facts=None):
    return dataset.load(0, "float32", facts)


def texts(data, part="train"):
    """All pairs of a part, read back from the network's symbols."""
    of_source, of_target = data.facts.text, data.facts.target_texts.vocabulary
    batch = data.parts[part].batch(np.arange(data.parts[part].size))
    return [
        (of_source.text(x[:n]), of_target.text(y[:k]))
        for x, y, n, k in zip(batch.X.T, batch.Y.T, batch.lengths, batch.target_lengths, strict=True)
    ]


CSV = "ab,x\nb a,yy\n"


def test_a_batch_is_padded_on_both_sides_and_ends_with_the_end_mark(tmp_path):
    data = load(Translation(file(tmp_path, "p.csv", CSV), validation=0))
    assert data.facts.text.symbols == ("\ufffd", "<padding>", "<start>", "<end>", " ", "a", "b")
    assert data.facts.class_names == ("\ufffd", "<padding>", "<start>", "<end>", "x", "y")
    assert (data.facts.input_shape, data.facts.target_texts.length) == ((4,), 3)
    assert (data.facts.vocabulary, data.facts.classes) == (7, 6)
    batch = data.parts["train"].batch(np.array([0, 1]))
    assert batch.X.T.tolist() == [[5, 6, 3, 1], [6, 4, 5, 3]]
    assert batch.Y.T.tolist() == [[4, 3, 1], [5, 5, 3]]
    assert batch.previous.T.tolist() == [[2, 4, 3], [2, 5, 5]]
    assert (batch.lengths.tolist(), batch.target_lengths.tolist()) == ([3, 4], [2, 3])
    assert len(data.parts["train"].batch(np.array([0])).X) == 3


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CSV, "p.csv"),
        ("ab\tx\nb a\tyy\n", "p.tsv"),
        ("ab;x\nb a;yy\n", "p.csv"),
        ("source,target\nab,x\nb a,yy\n", "p.csv"),
        ("number,target,source\n1,x,ab\n2,yy,b a\n", "p.csv"),
        ('"ab","x"\r\n"b a",yy\r\n', "p.csv"),
        ("  ab ,x\n,leer\nb a,yy\n", "p.csv"),
    ],
)
def test_a_table_is_read_however_it_is_written(content, name, tmp_path):
    data = load(Translation(file(tmp_path, name, content), validation=0))
    assert texts(data) == [("ab", "x"), ("b a", "yy")]


def test_columns_are_chosen_by_name_and_by_number(tmp_path):
    path = file(tmp_path, "p.csv", "de,en\nja,yes\nnein,no\n")
    assert texts(load(Translation(path, source="en", target="de", validation=0))) == [("yes", "ja"), ("no", "nein")]
    assert texts(load(Translation(path, source=1, target=0, validation=0)))[0] == ("en", "de")


def test_two_files_are_read_line_by_line_and_further_parts_have_their_targets_beside_them(tmp_path):
    for part, lines in (("train", ("a dog.", "ein Hund.")), ("valid", ("a cat", "eine Katze"))):
        for ending, line in zip(("en", "de"), lines, strict=True):
            file(tmp_path, f"{part}.{ending}", line + "\n")
    dataset = Translation(
        tmp_path / "train.en", targets=tmp_path / "train.de", validation=tmp_path / "valid.en", unit="word"
    )
    data = load(dataset)
    assert texts(data) == [("a dog.", "ein Hund.")]
    assert texts(data, "validation") == [("a \ufffd", "\ufffd \ufffd")]  # words that training does not have
    assert data.facts.text.symbols[4:] == (".", "a", "dog")


def test_what_is_left_out_is_told(tmp_path):
    data = load(Translation(file(tmp_path, "p.csv", CSV + "aaaa,x\nb,\n"), longest=3, validation=0))
    assert texts(data) == [("ab", "x"), ("b a", "yy")]
    assert [w.partition(": ")[2] for w in data.warnings] == [
        "1 pair has an empty text: left out",
        "1 pairs have more than 3 symbols in a text: left out (longest)",
    ]


def test_rare_symbols_are_unknown(tmp_path):
    data = load(Translation(file(tmp_path, "p.csv", "aaab,x\nab,xy\n"), vocabulary=5, validation=0))
    assert texts(data) == [("aaa\ufffd", "x"), ("a\ufffd", "x\ufffd")]


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("a\nb\n", {}, r"p\.csv:1: error: no column 1: the first row has 1 cells; say target, or targets"),
        ("a,b\nc\n", {}, r"p\.csv:2:1: error: 1 cells, expected 2 or more"),
        ("a,b\nc,d\n", {"source": "fr"}, r"p\.csv:1: error: no column 'fr' \(there are a, b\)"),
        ("source,target\n", {}, r"p\.csv: error: a header and no rows"),
        (",b\nc,\n", {}, r"p\.csv: error: no pair of texts is left"),
        ('"a,b\n', {}, r"p\.csv:1:1: error: unexpected end of data"),
    ],
)
def test_wrong_tables_are_told_with_their_place(content, arguments, words, tmp_path):
    with pytest.raises(DataError, match=words):
        load(Translation(file(tmp_path, "p.csv", content), **arguments))


def test_two_files_must_have_as_many_lines(tmp_path):
    a, b = file(tmp_path, "t.en", "a\nb\n"), file(tmp_path, "t.de", "a\n")
    with pytest.raises(DataError, match=r"t\.de: error: 1 lines, expected 2 as in .*t\.en"):
        load(Translation(a, targets=b))


@pytest.mark.parametrize("change", [{"target_texts": None}, {"symbols": ["a"]}, {"length": 0}, {"extra": 1}])
def test_facts_of_a_checkpoint_that_do_not_fit_are_refused(change, tmp_path):
    saved = load(Translation(file(tmp_path, "p.csv", CSV), validation=0)).facts.as_json()
    of_targets = saved["preparation"]["target_texts"]
    saved["preparation"]["target_texts"] = {**of_targets, **change} if "target_texts" not in change else 3
    with pytest.raises(ValueError, match="target_texts"):
        Facts.from_json(saved)


# --- the generated ones -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [Additions(test=0.1), Additions(300, digits=3), Dates(500, test=0.1)])
def test_targets_are_right_and_no_question_comes_twice(dataset):
    data = load(dataset)
    questions = []
    for part in data.parts:
        for source, target in texts(data, part):
            if dataset.type == "additions":
                a, b = sorted(map(int, source.split("+")))
                assert int(target) == a + b
                questions.append((a, b))
            else:
                when = date.fromisoformat(target)
                assert source.lower() in {written(when, form).lower() for form in FORMS}
                questions.append(when)
    assert len(set(questions)) == len(questions) == dataset.examples


def test_days_are_written_as_people_write_them():
    assert [written(date(1979, 5, 3), form) for form in FORMS] == [
        "3 May 1979",
        "May 3, 1979",
        "3 May 1979",
        "May 3 1979",
        "Thursday 3 May 1979",
        "Thursday, May 3, 1979",
        "3rd of May 1979",
        "May 3rd, 1979",
        "03.05.79",
        "3.5.1979",
        "5/3/1979",
        "3 May 79",
    ]
    ordinals = [written(date(2000, 1, d), "{th}") for d in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31)]
    assert ordinals == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "30th", "31st"]


def test_another_seed_draws_other_examples():
    one, other = (Additions(50).load(seed, "float32") for seed in (0, 1))
    assert one.sha256 != other.sha256


def test_more_examples_than_there_are_is_said():
    with pytest.raises(ValueError, match=r"examples: of 1 digits there are 55, got 56"):
        Additions(56, digits=1)
    assert load(Additions(55, digits=1, validation=0)).parts["train"].size == 55
