"""Whatever a name, a cell, a class or a message holds: it moves no cursor, ends no command and begins no script."""

import json
import os
import random
import shlex
import subprocess
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from nntrain import runs
from nntrain.cli import main, tables, terminal
from nntrain.errors import ConfigError
from nntrain.messages import in_html, in_script, printable, printable_lines, shell_command, shell_word
from nntrain.report import plots
from nntrain.report.history import Series

PIECES = [
    *(
        "\x1b[2J",
        "\x1b]0;title\x07",
        "\x9b31m",
        "\r",
        "\n",
        "\t",
        "\b",
        "\x7f",
        "\0",
        "\u2028",
        "\u202e",
        "\ufeff",
        "\udcff",
    ),
    *("'", '"', "`", "$(touch hit)", "${HOME}", ";", "&&", "|", "\\", "\\n", "%s", "%", "!", "*", "~", "#", " ", "-rf"),
    *("<script>", "</script>", "<!--", "-->", "<!--<script>", "<img src=x onerror=1>", "&lt;", "]]>", "&amp", "</svg>"),
    *("a", "é", "中文", "🙂", "0.5", "=cmd()", ",", '""', "\x00\x01", "\ud800", "\U000e0001", "end\n"),
]


def texts(count, seed=0):
    draw = random.Random(seed)
    return ["".join(draw.choices(PIECES, k=draw.randrange(6))) for _ in range(count)]


def has_controls(text):
    return any(not c.isprintable() and c not in "\n\t" for c in text)


class Parsed(HTMLParser):
    """The elements of a page, the text of those that hold one, and the attributes."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.values = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.values += [value for _, value in attributes]

    def handle_data(self, text):
        self.texts.append(text)

    def handle_comment(self, text):
        self.elements.append("comment")


def check_terminal(text):
    assert not has_controls(printable_lines(text))
    assert printable(text).isprintable()
    assert printable(text) == text or not text.isprintable()
    drawn, _ = tables.table([tables.Column(text, [text, "1"], right=False), tables.Column("b", ["x", text])])
    assert not has_controls(drawn)
    assert drawn.count("\n") == 2 + text.count("\n")  # a head may have several lines


def check_page(text):
    shown = printable_lines(text)
    parsed = Parsed(f'<p title="{in_html(text)}">{in_html(text)}</p>')
    assert parsed.elements == ["p"]
    assert "".join(parsed.texts) == parsed.values[0] == shown
    data = json.dumps({text: [text, 1.5, None]})
    parsed = Parsed(f"<script>{in_script(data)}</script>")
    assert parsed.elements == ["script"]
    assert json.loads("".join(parsed.texts)) == json.loads(data)
    in_html(text).encode()  # no surrogate is left


def check_shell(words, shell):
    """Every word comes back from the shell, byte for byte."""
    line = shell_command("printf", "%s\\0", *words)
    assert line.isprintable()
    if "$'" in line and shell == "sh":
        return
    done = subprocess.run([shell, "-c", line], capture_output=True)
    assert done.stdout.split(b"\0")[:-1] == [word.encode("utf-8", "surrogateescape") for word in words], (line, done)


def words_of(found):
    """Those that an argument of a program can be."""
    return [text for text in found if "\0" not in text and not any("\ud800" <= c <= "\udbff" for c in text)]


def check_many(count):
    found = texts(count)
    for text in found:
        check_terminal(text)
        check_page(text)
    words = words_of(found)
    for i in range(0, len(words), 100):
        check_shell(words[i : i + 100], ("sh", "bash")[i // 100 % 2])


def test_any_text_at_each_door():
    check_many(400)


@pytest.mark.slow
def test_any_of_20_000_texts_at_each_door():
    check_many(20_000)


def test_a_path_is_never_an_option():
    from pathlib import Path

    assert shell_word(Path("-rf.yaml")) == "./-rf.yaml"
    assert shlex.split(shell_command("nntrain", "resume", Path("a 'b'"))) == ["nntrain", "resume", "a 'b'"]


def test_charts_hold_no_markup_of_a_name():
    for text in texts(100, seed=1):
        series = [Series(0, "train", [1, 2], [0.5, 0.25]), Series(1, "train", [1, 2], [0.5, 0.3])]
        drawn = plots.svg(plots.Plot({text: series}, [text, "b"], "epoch", [0]))
        drawn.encode()
        assert set(Parsed(drawn).elements) <= {"svg", "style", "rect", "text", "path", "circle", "g"}


NAMES = [
    "\x1b[2Jgone",
    "two\nlines",
    "$(touch hit)",
    "<!--<script>",
    "-rf",
    os.fsdecode(b"no \xff utf-8"),
    "'quoted\"`",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_runs_of_any_name_are_listed_compared_and_drawn(tmp_path, name):
    for other in (name, "b"):
        with runs.open_exact(tmp_path / "runs" / other) as run:
            run.write_config(f"name: x\nseed: {len(other)}\n")
            run.metrics.append({"epoch": 1, "step": 1, "lr": 0.1, "train": {"loss": 0.5}})
            run.write_meta({"command": ["nntrain", "fit", name], "imports": {}})
            run.write_status("done", epoch=1, step=1)
    for arguments in (
        ["runs", tmp_path / "runs"],
        ["runs", tmp_path / "runs", "--group"],
        ["compare", tmp_path / "runs"],
        ["plot", tmp_path / "runs"],
        ["plot", tmp_path / "runs", "-o", tmp_path / f"{name}.svg"],
        ["report", tmp_path / "runs", "-o", tmp_path / "page.html"],
    ):
        done = CliRunner().invoke(main, [str(a) for a in arguments])
        assert done.exit_code == 0, done.output
        assert not has_controls(done.stderr)
        if "-o" not in arguments:
            assert not has_controls(done.stdout)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert Parsed(page).elements.count("script") == 2
    assert "comment" not in Parsed(page).elements
    assert any(printable_lines(name) in text for text in Parsed(page).texts)


def test_an_error_shows_no_control_character_of_what_it_names(capsys):
    for text in texts(50, seed=2):
        terminal.tell(ConfigError(f"{text}: wrong"))
        terminal.warn(text)
        assert not has_controls(capsys.readouterr().err)


def test_a_sweep_prints_commands_that_a_shell_reads_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = "dataset: {type: moons, examples: 40}\narchitecture: [{dense: 2}]\n"
    config += "loss: cross_entropy\noptimizer: sgd\ntraining: {epochs: 1}\n"
    for name in ("-rf", "it's", "a\nb", "$(touch hit)"):
        (tmp_path / f"{name}.yaml").write_text(config)
        arguments = ["sweep", f"./{name}.yaml", "--seeds", "0-1", "--runs", f"runs {name}", "--print"]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        for seed, line in enumerate(lines):
            script = f"nntrain() {{ printf '%s\\0' \"$@\"; }}; {line}"
            given = subprocess.run(["sh", "-c", script], capture_output=True).stdout.decode().split("\0")
            assert given[:2] == ["fit", f"./{name}.yaml" if name.startswith("-") else f"{name}.yaml"]
            assert given[2] == f"seed={seed}"
            assert given[4].startswith(f"runs {name}/")
    assert not (tmp_path / "hit").exists()
