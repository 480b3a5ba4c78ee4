"""What fit shows: in a terminal a table under one head with a bar below it, elsewhere a line an epoch."""

import re
import shutil
from pathlib import Path

import pytest
from cli.screen import Screen, show

from nntrain.cli.live_lines import Live

CONFIGS = Path(__file__).parents[2] / "configs"
SHORT = ["training.epochs=4", "dataset.batch_size=256", "--runs", "runs"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(CONFIGS, desk / "configs")
    return desk


def lines_of(desk, *arguments, columns=80, **environment):
    screen, text = show(columns, *arguments, folder=desk, **environment)
    return screen.text.splitlines(), text


def test_epochs_stand_in_columns_under_one_head_with_fixed_decimals(desk):
    lines, _ = lines_of(desk, "fit", "configs/digits_mlp.yaml", *SHORT)
    assert lines[0].split() == ["─────", "train", "─────", "───", "validation", "──"]
    assert lines[1].split() == ["epoch", "loss", "accuracy", "loss", "accuracy", "ms/step"]
    rows = lines[2:6]
    assert [row.split()[0] for row in rows] == ["1/4", "2/4", "3/4", "4/4"]
    assert all(re.fullmatch(r" +\d/4( +\d\.\d{4}\*?){4} +\d+\.\d+", row) for row in rows)
    assert {row.index(".") for row in rows} == {rows[0].index(".")}
    assert lines[6].startswith("done: best epoch 4 of 4, test: loss ")


def test_a_new_best_has_a_star_and_is_bold(desk):
    lines, text = lines_of(desk, "fit", "configs/digits_mlp.yaml", "optimizer.lr=0.5", *SHORT, "schedule=constant")
    rows = [line for line in lines if re.match(r" +\d/4", line)]
    losses = [float(re.findall(r"\d\.\d{4}", row)[2]) for row in rows]
    starred = ["*" in row for row in rows]
    assert starred == [loss == min(losses[: i + 1]) for i, loss in enumerate(losses)]
    assert text.count("\x1b[32m\x1b[1m") == sum(starred)


@pytest.mark.parametrize(
    ("columns", "head"),
    [
        (46, ["epoch", "loss", "accuracy", "loss", "accuracy"]),
        (40, ["epoch", "loss", "loss", "accuracy"]),
        (28, ["epoch", "loss", "accuracy"]),
        (20, ["epoch", "loss"]),
    ],
)
def test_a_narrow_window_lacks_speed_before_metrics_and_metrics_before_the_watched_loss(desk, columns, head):
    lines, _ = lines_of(desk, "fit", "configs/digits_mlp.yaml", *SHORT, columns=columns)
    assert next(line for line in lines if "epoch" in line).split() == head


def test_the_naive_rival_is_named_once(desk):
    lines, _ = lines_of(desk, "fit", "configs/temperatures_lstm.yaml", *SHORT[:2], "--runs", "runs")
    assert [line.startswith("naive forecast  validation: loss ") for line in lines].count(True) == 1
    assert not any("naive" in line for line in lines if "epoch" in line and "/" in line)


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_obey_no_color_and_the_option_obeys_the_person(desk, arguments, environment, coloured):
    _, text = lines_of(
        desk, "fit", "configs/iris.yaml", "training.epochs=1", "--runs", "runs", *arguments, **environment
    )
    assert bool(re.search(r"\x1b\[\d+m", text)) == coloured


def test_color_can_stand_before_the_command_and_reach_a_pipe(nntrain, configs):
    assert "\x1b[32mdone" in nntrain("--color", "always", "fit", configs / "iris.yaml", "training.epochs=1").stderr


def test_a_pipe_gets_a_line_an_epoch_without_colours(nntrain, configs):
    told = nntrain("fit", configs / "digits_mlp.yaml", "training.epochs=2").stderr
    assert re.match(r"epoch 1  train: loss \S+  accuracy \S+  validation: loss \S+  accuracy \S+\nepoch 2  train", told)
    assert "\x1b" not in told


class Terminal:
    """A stream that is a terminal; what it shows can be read."""

    def __init__(self, columns):
        self.screen = Screen(columns)

    def isatty(self):
        return True

    def fileno(self):
        raise OSError

    def write(self, text):
        self.screen.feed(text.replace("\n", "\r\n"))

    def flush(self):
        pass


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    return Terminal(20)


def test_what_is_drawn_is_drawn_over_and_messages_stay_above_it(terminal):
    live = Live(terminal)
    live.draw(["one", "two"])
    live.draw(["three"])
    live.print("a message")
    live.draw(["four", "five"])
    assert terminal.screen.text == "a message\nfour\nfive"
    live.clear()
    assert terminal.screen.text.rstrip() == "a message"


def test_in_a_window_made_narrower_the_lines_that_broke_go_too(terminal, monkeypatch):
    live = Live(terminal)
    live.print("above")
    live.draw(["a line of 18 signs", "b"])
    terminal.screen.lines[1:2] = ["a line of ", "18 signs"]  # as a terminal of ten columns breaks it
    terminal.screen.row += 1
    monkeypatch.setenv("COLUMNS", "10")
    live.draw(["new"])
    assert terminal.screen.text == "above\nnew"


def test_a_terminal_that_cannot_be_written_stops_nothing(monkeypatch):
    class Full(Terminal):
        def write(self, text):
            raise OSError(28, "No space left on device")

    silenced = []
    monkeypatch.setattr("nntrain.cli.live_lines.silence", silenced.append)
    monkeypatch.setenv("TERM", "xterm")
    live = Live(Full(20))
    live.draw(["one"])
    live.print("two")
    assert silenced == [2]
