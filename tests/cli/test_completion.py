"""Tab completion: commands, config keys, values and names of components, in bash, zsh and fish."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nntrain.cli.bash  # noqa: F401  # as the program imports it where a shell asks
from nntrain.cli import main

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "digits_mlp.yaml"


@pytest.fixture
def complete(monkeypatch, capsys):
    """What the program proposes for the last of some words."""

    def run(shell, words, **variables):
        line = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1), **variables}
        for name, value in {"_NNTRAIN_COMPLETE": f"{shell}_complete", **line}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            main([], prog_name="nntrain")
        assert end.value.code == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def proposals(complete):
    def run(*words):
        return [line.partition(",")[2] for line in complete("bash", ["nntrain", *words]).splitlines() if line]

    return run


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["swe"], ["sweep"]),
        (["fit", CONFIG, "optimizer.mom"], ["optimizer.momentum="]),
        (["fit", CONFIG, "optim"], ["optimizer.", "optimizer="]),
        (["fit", CONFIG, "training.early_stopping.p"], ["training.early_stopping.patience="]),
        (["fit", CONFIG, "architecture.logits.u"], ["architecture.logits.units="]),
        (["fit", CONFIG, "architecture.1.b"], ["architecture.1.bias="]),
        (["fit", CONFIG, "optimizer=adamw"], ["optimizer=adamw"]),
        (["fit", CONFIG, "optimizer", "=", "adamw"], ["adamw"]),  # as bash cuts it
        (["fit", CONFIG, "architecture.1.bias=t"], ["architecture.1.bias=true"]),
        (["sweep", CONFIG, "-g", "optimizer.mom"], ["optimizer.momentum="]),
        (["sweep", CONFIG, "-r", "optimizer.mom"], ["optimizer.momentum="]),
        (["components", "optimi"], ["optimizer"]),
        (["components", "layer", "batch"], ["batch_norm"]),
        (["fit", "nothing.yaml", "optimizer.mom"], []),
        (["fit", CONFIG, "nothing.at.all"], []),
    ],
)
def test_what_can_follow_is_proposed(words, expected, proposals):
    assert proposals(*map(str, words)) == expected


def test_a_key_of_every_layer_of_the_config_is_found_by_number_and_by_name(proposals):
    found = proposals("fit", str(CONFIG), "architecture.")
    assert {"architecture.0.", "architecture.logits.", "architecture.dense_1."} <= set(found)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_get_the_same(shell, complete):
    words = ["nntrain", "fit", str(CONFIG), "optimizer.mom"]
    variables = {"COMP_CWORD": words[-1]} if shell == "fish" else {}
    assert "optimizer.momentum=" in complete(shell, words, **variables)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_right(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "_NNTRAIN_COMPLETE": f"{shell}_source"}
    script = subprocess.run([sys.executable, "-m", "nntrain"], env=environment, capture_output=True, check=True).stdout
    (tmp_path / "script").write_bytes(script)
    subprocess.run([shell, "-n", tmp_path / "script"], check=True)


def test_bash_itself_completes_a_key_without_a_space_behind_it(tmp_path):
    program = tmp_path / "nntrain"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nntrain "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_NNTRAIN_COMPLETE=bash_source nntrain)"\n'
        "compopt() { echo option $2; }\n"
        f'COMP_WORDS=(nntrain fit "{CONFIG}" optimizer.mom); COMP_CWORD=3\n'
        '_nntrain_completion nntrain; echo "${COMPREPLY[@]}"\n'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["option nospace", "optimizer.momentum=", ""]
