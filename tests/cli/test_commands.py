"""Every command is a module named like it, and tells what it does."""

from pathlib import Path

import click
import pytest

import nntrain.cli
from nntrain.cli import COMMANDS, main, options
from nntrain.cli.other_commands import _MEANT

# rooms of the command line that are no commands
SHARED = {
    "__init__",
    "bash",
    "best_lines",
    "completion",
    "epoch_lines",
    "launch",
    "live_lines",
    "options",
    "other_commands",
    "plain_marks",
    "progress",
    "runs_server",
    "runs_table",
    "shipped",
    "space_options",
    "sweep_progress",
    "tables",
    "tensorboard",
    "terminal",
    "value_texts",
    "yaml_lines",
}


def test_every_module_is_a_command_or_a_room_that_commands_share():
    modules = {path.stem for path in Path(nntrain.cli.__file__).parent.glob("*.py")}
    assert modules - SHARED == {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_found_by_its_name_and_has_help_for_each_of_its_options(name):
    command = main.commands[name]
    assert command.name == name
    assert command.short_help == COMMANDS[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_what_other_programs_call_a_command_is_understood(nntrain):
    for word, name in {"train": "fit", "continue": "resume", "find_lr": "find-lr", "Evaluate": "eval"}.items():
        assert f"No such command {word!r}; did you mean {name!r}?" in nntrain(word, "c.yaml", code=2).stderr
    words = [word for others in _MEANT.values() for word in others]
    assert set(_MEANT) <= set(COMMANDS)
    assert len(words) == len({*words} - {*COMMANDS})


def test_a_command_that_is_not_there_is_told(nntrain):
    assert "No such command 'fitt'; did you mean 'fit'?" in nntrain("fitt", code=2).stderr
    assert "No such command 'zzz'; nntrain --help lists them" in nntrain("zzz", code=2).stderr
    with pytest.raises(KeyError):
        main.commands["fitt"]


def test_nan_is_no_number_of_any_option():
    ranges = [
        (name, option.name)
        for name in COMMANDS
        for option in main.commands[name].params
        if isinstance(option.type, click.FloatRange) and not isinstance(option.type, options.Number)
    ]
    assert ranges == []
    with pytest.raises(click.BadParameter, match="nan is no number"):
        options.Number(min=0)("nan")
