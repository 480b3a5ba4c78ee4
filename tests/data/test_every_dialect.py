"""Clean tables written down in any dialect: the same numbers come back, or a refusal with its place; never others."""

import random
import re

import numpy as np
import pytest

from nntrain.data import Csv
from nntrain.errors import DataError

MISSING = ["", "NA", "n/a", "NaN", "null", "#N/A", "?"]
WORDS = ["red", "green", "blue", "größer", "naïve", "a b", "x;y", "x,y", 'says "no"', "North-West", "€", "日本"]
NAMES = ["size", "weight", "2020", "größe", "first name", "x,y", "Na", "class", "a|b", "price in €"]


def number(r, kind):
    """A number of a column, as a decimal text with a point."""
    if kind == "whole":
        return str(r.randrange(-999, 100_000))
    if kind == "small":
        return str(r.randrange(10))
    if kind == "float":
        return format(r.gauss(0, 100), f".{r.randrange(1, 9)}f")
    if kind == "thousandths":
        return format(r.uniform(1, 999), ".3f")
    if kind == "full":
        return repr(r.gauss(0, 1))
    return format(r.gauss(0, 1) * 10.0 ** r.randrange(-20, 20), ".6e")


def grouped(text, decimal, thousands):
    """A number as it is written with these signs."""
    if "e" in text:
        return text.replace(".", decimal)
    sign = text[:1] if text[:1] in "+-" else ""
    whole, point, rest = text[len(sign) :].partition(".")
    return (
        sign + (f"{int(whole):,}".replace(",", thousands) if thousands else whole) + (decimal if point else "") + rest
    )


def a_table(r):
    """Columns of cells: ("numbers" or "words", the texts, None where missing)."""
    rows = r.randrange(12, 150)
    columns = []
    for _ in range(r.randrange(1, 6)):
        share = r.choice([0, 0, 0.2])
        if r.random() < 0.7:
            kind = r.choice(["whole", "small", "float", "thousandths", "full", "power"])
            cells = [number(r, kind) if r.random() >= share else None for _ in range(rows)]
            columns.append(("numbers", cells))
        else:
            few = r.sample(WORDS, r.randrange(2, 5))
            columns.append(("words", [r.choice(few) if r.random() >= share else None for _ in range(rows)]))
    columns.append(("numbers", [number(r, "float") for _ in range(rows)]))
    return columns


def a_dialect(r):
    decimal = r.choice([".", ".", ","])
    thousands = r.choice([None, None, ".", ",", " ", "'", "_"])
    return {
        "decimal": decimal,
        "thousands": None if thousands == decimal else thousands,
        "delimiter": r.choice(",;\t|" + (" :" if r.random() < 0.2 else "")),
        "quoting": r.choice(["where needed", "all", "words"]),
        "encoding": r.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
        "line": r.choice(["\n", "\n", "\r\n", "\r"]),
        "end": r.choice(["", "line", "two lines"]),
        "missing": r.sample(MISSING, 2) if r.random() < 0.7 else ["absent"],
        "header": r.random() < 0.7,
        "padding": r.choice(["", "", "", " "]),
    }


def written(r, columns, dialect):
    """The bytes of a file."""
    delimiter, line = dialect["delimiter"], dialect["line"]

    def cell(text, is_word):
        special = set(text) & {delimiter, '"', "\n"} or text != text.strip()
        blank = delimiter == " " and (not text or " " in text)
        if dialect["quoting"] == "all" or special or blank or (dialect["quoting"] == "words" and is_word):
            return '"' + text.replace('"', '""') + '"'
        return dialect["padding"] + text if delimiter != " " else text

    def text_of(kind, value):
        if value is None:
            return r.choice(dialect["missing"])
        return grouped(value, dialect["decimal"], dialect["thousands"]) if kind == "numbers" else value

    names = r.sample(NAMES, len(columns))
    lines = [delimiter.join(cell(name, True) for name in names)] if dialect["header"] else []
    for row in zip(*[column for _, column in columns], strict=True):
        parts = zip(columns, row, strict=True)
        lines.append(delimiter.join(cell(text_of(kind, value), kind == "words") for (kind, _), value in parts))
    end = {"": "", "line": line, "two lines": 2 * line}[dialect["end"]]
    return (line.join(lines) + end).encode(dialect["encoding"])


def expected(columns):
    """Inputs (N, n): numbers, words one-hot by name; and a column for what is missing, where the mean stands."""
    found = []
    for kind, cells in columns[:-1]:
        missing = np.array([cell is None for cell in cells])
        if kind == "numbers":
            values = np.array([np.nan if cell is None else float(cell) for cell in cells])
            found.append(np.where(missing, values[~missing].mean() if not missing.all() else 0, values)[:, None])
        else:
            names = sorted({cell for cell in cells if cell is not None})
            found.append(np.array([[cell == name for name in names] for cell in cells], float))
        if missing.any():
            found.append(missing[:, None].astype(float))
    return np.concatenate(found, axis=1), np.array(list(map(float, columns[-1][1])))


def outcome(seed, path):
    """ "same", "refused" or "warned"; anything else fails."""
    r = random.Random(seed)
    columns, dialect, in_full = a_table(r), a_dialect(r), r.random() < 0.7
    if not in_full and dialect["missing"] == ["absent"]:
        dialect["missing"] = ["NA"]  # nobody can know that this word is none
    try:
        path.write_bytes(written(r, columns, dialect))
    except UnicodeEncodeError:
        return "refused"
    said = {"task": "regression", "missing": "category", "validation": 0}
    if in_full:
        said |= {key: dialect[key] for key in ("decimal", "thousands", "header")}
        said |= {"delimiter": dialect["delimiter"]} if r.random() < 0.5 or dialect["delimiter"] == ":" else {}
        said |= {"encoding": dialect["encoding"]} if r.random() < 0.5 else {}
        said |= (
            {"missing_values": tuple(w for w in dialect["missing"] if w)} if dialect["missing"] == ["absent"] else {}
        )
    try:
        data = Csv(path, **said).load(0, "float64")
    except DataError as error:
        refusal = str(error)
    else:
        refusal = None
    if refusal is not None:
        assert re.match(re.escape(str(path)) + r"(:\d+:\d+)?: error: ", refusal), refusal
        return "refused in full" if in_full else "refused"
    part = data.parts["train"]
    batch = part.batch(np.arange(part.size))
    X, Y = expected(columns)
    same = batch.X.T.shape == X.shape and np.allclose(batch.X.T, X, rtol=1e-13, atol=0)
    same = same and np.array_equal(batch.Y[0], Y)
    if same:
        return "same in full" if in_full else "same"
    assert data.warnings, (seed, said, dialect)
    assert not in_full, (seed, said, dialect, data.warnings)
    return "warned"


def test_a_sample(tmp_path):
    found = [outcome(seed, tmp_path / "t.csv") for seed in range(40)]
    assert found.count("same in full") > 5 * found.count("refused in full")


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(100))
def test_ten_thousand(tmp_path, hundred):
    for seed in range(1000 + 100 * hundred, 1100 + 100 * hundred):
        outcome(seed, tmp_path / "t.csv")
