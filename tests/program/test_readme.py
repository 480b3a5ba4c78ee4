"""The README shows what really happens: every command in it runs, and prints what stands below it.

Numbers may differ in their last digits from machine to machine, so measured ones are compared with a tolerance.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nntrain.errors import Interrupted, NNTrainError

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
NUMBER = re.compile(r"\d+\.\d+(?:e-?\d+)?")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def words(text):
    return sorted(NUMBER.sub("#", text).split())


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An empty directory with the configs, and `nntrain` on the path."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "configs", desk / "configs")
    (desk / "bin").mkdir()
    program = desk / "bin" / "nntrain"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nntrain "$@"\n')
    program.chmod(0o755)
    return desk


def shell(desk, script):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NNTRAIN_")}
    environment |= {"PATH": f"{desk / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-c", script],
        cwd=desk,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout


def test_every_console_example_prints_what_the_readme_shows(desk):
    examples = [
        (command, shown)
        for block in blocks("console")
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]
    assert len(examples) >= 8
    for command, shown in examples:
        printed = shell(desk, command)
        # sorted, as another processor's rounding may swap two rows of a sorted table
        assert words(printed) == words(shown), f"$ {command}\n{printed}"
        for there, here in zip(sorted(NUMBER.findall(shown)), sorted(NUMBER.findall(printed)), strict=True):
            assert float(here) == pytest.approx(float(there), rel=0.1, abs=0.02), f"$ {command}\n{printed}"


def test_the_config_in_the_readme_is_the_file():
    text = (ROOT / "configs" / "digits_mlp.yaml").read_text("utf-8")
    assert blocks("yaml")[0] == "".join(text.splitlines(keepends=True)[1:])


def test_the_exit_codes_are_those_of_the_errors():
    def below(error):
        return {error, *(inner for one in error.__subclasses__() for inner in below(one))}

    listed = re.search(r"^\| exit code .*\n\|.*\n((?:\|.*\n)+)", README, re.MULTILINE)[1]
    codes = {int(code) for row in listed.splitlines() for code in row.split("|")[1].split(",")}
    assert codes == {0, 130, 143} | {error.exit_code for error in below(NNTrainError) - {Interrupted}}


def test_the_python_example_runs(desk):
    example = next(block for block in blocks("python") if "nntrain.fit" in block)
    (desk / "example.py").write_text(example)
    assert shell(desk, f'"{sys.executable}" example.py').startswith("runs/iris-001 ")


def test_it_opens_with_installing_and_training_and_installing_and_testing():
    first, second = blocks("sh")[:2]
    assert first == "pip install . && nntrain fit configs/digits_mlp.yaml\n"
    assert second == "pip install -e '.[test]' && pytest\n"


def test_every_config_has_its_row():
    rows = "\n".join(line for line in README.splitlines() if line.startswith("| `"))
    assert {path.name for path in (ROOT / "configs").glob("*.yaml")} == set(re.findall(r"`(\w+\.yaml)`", rows))
