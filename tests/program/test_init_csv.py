"""`nntrain init csv FILE`, whatever the file: a config that trains, or one line that says what to change."""

import random

import pytest
from click.testing import CliRunner

from nntrain.cli import main


def table(write, rows=60, header="a,b,kind,y"):
    """A clean table of numbers, a category and labels, each row changed by `write`."""
    r = random.Random(0)
    cells = [
        [f"{r.gauss(0, 9):.2f}", str(r.randrange(90)), r.choice(["red", "blue"]), r.choice("01")] for _ in range(rows)
    ]
    lines = [header] * bool(header) + [write(i, *row) for i, row in enumerate(cells)]
    return "\n".join(lines) + "\n"


def comma(text):
    return text.replace(".", ",")


MESSY = {
    "clean": table(lambda i, *row: ",".join(row)),
    "no header": table(lambda i, *row: ",".join(row), header=""),
    "few rows": table(lambda i, *row: ",".join(row), rows=11),
    "semicolons": table(lambda i, *row: ";".join(row), header="a;b;kind;y"),
    "tabs": table(lambda i, *row: "\t".join(row), header="a\tb\tkind\ty"),
    "decimal commas": table(lambda i, a, b, kind, y: ";".join([comma(a), b, kind, y]), header="a;b;kind;y"),
    "thousands": table(lambda i, a, b, kind, y: f'{a},"{int(b) + 1000:,}",{kind},{y}'),
    "per cent": table(lambda i, a, b, kind, y: f"{a},{b}%,{kind},{y}"),
    "currency": table(lambda i, a, b, kind, y: f"{a},${b},{kind},{y}"),
    "kilograms": table(lambda i, a, b, kind, y: f"{a},{b} kg,{kind},{y}"),
    "dates": table(lambda i, a, b, kind, y: f"2024-{i % 12 + 1:02}-{i % 28 + 1:02},{b},{kind},{y}"),
    "ids": table(lambda i, a, b, kind, y: f"{i + 1},{b},{kind},{y}", header="id,b,kind,y"),
    "names": table(lambda i, a, b, kind, y: f"Mr {i},{b},{kind},{y}"),
    "sentences": table(lambda i, a, b, kind, y: f"the {i}th is a {kind} one of all,{b},{kind},{y}"),
    "gaps": table(lambda i, a, b, kind, y: f"{'' if i % 7 == 3 else a},{'NA' if i % 5 == 1 else b},{kind},{y}"),
    "gaps in the target": table(lambda i, a, b, kind, y: f"{a},{b},{kind},{'' if i % 9 == 2 else y}"),
    "an odd word": table(lambda i, a, b, kind, y: f"{'unknown' if i == 41 else a},{b},{kind},{y}"),
    "empty columns": table(lambda i, *row: ",".join(row) + ",,", header="a,b,kind,y,,"),
    "empty rows": table(lambda i, *row: ",".join(row) + "\n,,," * (i % 20 == 4)),
    "a constant": table(lambda i, a, b, kind, y: f"7,{b},{kind},{y}"),
    "a column of words alone": table(lambda i, a, b, kind, y: f"{kind}", header="kind"),
    "yes and no": table(lambda i, a, b, kind, y: f"{a},{b},{kind},{'yes' if y == '1' else 'no'}"),
    "a regression": table(lambda i, a, b, kind, y: f"{b},{kind},{y},{a}", header="b,kind,y,a"),
    "prices": table(lambda i, a, b, kind, y: f"{b},{kind},{y},${abs(float(a)):.2f}", header="b,kind,y,price"),
    "quotes": table(lambda i, *row: ",".join(f'"{cell}"' for cell in row), header='"a, b","say ""c""","$kind","y: z"'),
    "years as names": table(lambda i, *row: ",".join(row), header="2020,2021,kind,y"),
    "a name twice": table(lambda i, *row: ",".join(row), header="a,a,kind,y"),
    "ragged": table(lambda i, *row: ",".join(row[: 3 if i == 30 else 4])),
    "numbers beyond 2^53": table(lambda i, a, b, kind, y: f"{9007199254740993 + i % 3},{b},{kind},{y}"),
    "Windows": table(lambda i, *row: ",".join(row)).replace("\n", "\r\n").replace("red", "größer"),
    "old Macintosh": table(lambda i, *row: ",".join(row)).replace("\n", "\r"),
}
REFUSED = {
    "decimal commas": ":2:1: error: column a has ",
    "thousands": ":2:2: error: column b has ",
    "an odd word": ":43:1: error: column a has 'unknown', expected a number",
    "a column of words alone": "no column is an input",
    "a name twice": ":1:2: error: two columns are called a",
    "ragged": ":32:4: error: 3 cells, expected 4 as in the first row",
}


def run(*arguments):
    ended = CliRunner().invoke(main, list(map(str, arguments)))
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended


def written(kind, tmp_path):
    """The config that is written for a file, or None where the file is refused in one line, as it is to be."""
    file, config = tmp_path / "data.csv", tmp_path / "c.yaml"
    file.write_bytes(MESSY[kind].encode("cp1252" if kind == "Windows" else "utf-8"))
    ended = run("init", "csv", file)
    if kind in REFUSED:
        assert (ended.exit_code, ended.stdout) == (3, "")
        (line,) = [line for line in ended.stderr.splitlines() if "error: " in line]
        assert REFUSED[kind] in line
        return None
    assert ended.exit_code == 0, ended.stderr
    config.write_text(ended.stdout)
    return config


@pytest.mark.parametrize("kind", MESSY)
def test_a_config_that_is_right_or_a_line(kind, tmp_path):
    if (config := written(kind, tmp_path)) is not None:
        tried = run("fit", "--dry-run", config)
        assert tried.exit_code == 0, tried.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(MESSY.keys() - REFUSED.keys()))
def test_the_config_trains(kind, tmp_path):
    trained = run("fit", "-q", written(kind, tmp_path), "--run-dir", tmp_path / "run")
    assert trained.exit_code == 0, trained.stderr
    assert (tmp_path / "run" / "summary.json").exists()
