"""The README and the pages of nntrain/docs show what really happens: every example runs, and prints what they show.

Numbers may differ in their last digits from machine to machine, so measured ones are compared with a tolerance.
"""

import re
import sys
from importlib.util import find_spec

import pytest
from docs.conftest import ROOT, blocks

from nntrain.cli import main
from nntrain.components import arguments, find
from nntrain.errors import Interrupted, NNTrainError

PAGES = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "nntrain" / "docs").glob("*.md"))}
README = (ROOT / "README.md").read_text("utf-8")
ALL = {"README": README, **PAGES}
NUMBER = re.compile(r"\d+\.\d+(?:e-?\d+)?")


def having(language):
    pages = [name for name, text in ALL.items() if blocks(text, language)]
    return pytest.mark.parametrize("page", [name for name in pages if name != "own_components"])


def words(text):
    return sorted(NUMBER.sub("#", text).split())


@having("console")
def test_every_console_example_prints_what_the_page_shows(page, desk):
    if page == "README":  # a tour works whatever stood in runs/ before
        (desk.folder / "runs/digits-mlp-001").mkdir(parents=True)
        desk.bash("nntrain fit -q configs/iris.yaml training.epochs=1 --run-dir runs/tour/first")
    examples = [
        (command, shown)
        for block in blocks(ALL[page], "console")
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]
    assert examples
    for command, shown in examples:
        _, printed, _ = desk.bash(f"{{ {command}\n}} 2>&1")
        # sorted, as another processor's rounding may swap two rows of a sorted table
        assert words(printed) == words(shown), f"$ {command}\n{printed}"
        for there, here in zip(sorted(NUMBER.findall(shown)), sorted(NUMBER.findall(printed)), strict=True):
            assert float(here) == pytest.approx(float(there), rel=0.1, abs=0.02), f"$ {command}\n{printed}"


@pytest.mark.parametrize(
    "page",
    [name for name in PAGES if blocks(PAGES[name], "bash") and name not in ("sweeps", "cluster", "own_components")],
)
def test_every_bash_example_runs(page, desk):
    for script in blocks(PAGES[page], "bash"):
        code, _, errors = desk.bash(f"set -euo pipefail\n{script}")
        assert code == 0, f"{script}\n{errors}"


@having("python")
def test_every_python_example_runs(page, desk):
    examples = [block for block in blocks(ALL[page], "python") if re.search(r"^import ", block, re.MULTILINE)]
    desk.bash("nntrain fit -q configs/digits_mlp.yaml training.epochs=1")
    for example in examples:
        if any(find_spec(extra) is None for extra in re.findall(r"^from (sklearn)\b", example, re.MULTILINE)):
            continue
        (desk.folder / "example.py").write_text(example)
        code, printed, errors = desk.bash(f'"{sys.executable}" example.py')
        assert code == 0, f"{example}\n{errors}"
        assert printed


@having("sh")
def test_every_command_that_is_named_exists(page):
    for block in blocks(ALL[page], "sh"):
        for name in re.findall(r"^(?:.*&& |.*\$\()?nntrain ([a-z-]+)", block, re.MULTILINE):
            assert name in main.list_commands(None), name


@having("yaml")
def test_every_piece_of_yaml_can_be_read(page):
    import yaml

    for block in blocks(ALL[page], "yaml"):
        assert yaml.safe_load(block)


def test_the_config_in_the_readme_is_the_file():
    text = (ROOT / "configs" / "digits_mlp.yaml").read_text("utf-8")
    assert blocks(README, "yaml")[0] == "".join(text.splitlines(keepends=True)[1:])


def test_the_readme_opens_with_installing_and_training_and_installing_and_testing():
    first, second = blocks(README, "sh")[:2]
    assert first == "pip install . && nntrain fit configs/digits_mlp.yaml\n"
    assert second == "pip install -e '.[test]' && pytest -n auto\n"


def test_the_readme_is_short_and_names_every_page():
    assert len(README.encode()) < 12_000
    assert set(re.findall(r"\(nntrain/docs/(\w+)\.md\)", README)) == set(PAGES)


def test_every_page_begins_with_its_title():
    for text in PAGES.values():
        assert re.match(r"# \w", text)


def test_links_between_files_lead_somewhere():
    for name, text in ALL.items():
        home = ROOT if name == "README" else ROOT / "nntrain" / "docs"
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (home / target).exists(), f"{name}: {target}"


def test_the_exit_codes_are_those_of_the_errors():
    def below(error):
        return {error, *(inner for one in error.__subclasses__() for inner in below(one))}

    listed = re.search(r"^\| exit code .*\n\|.*\n((?:\|.*\n)+)", PAGES["sweeps"], re.MULTILINE)[1]
    codes = {int(code) for row in listed.splitlines() for code in row.split("|")[1].split(",")}
    assert codes == {0, 129, 130, 143} | {error.exit_code for error in below(NNTrainError) - {Interrupted}}


def test_every_metric_has_its_row_with_its_direction_and_its_default():
    lines = [line for line in PAGES["metrics"].splitlines() if line.startswith("| `")]
    rows = {cells[1].strip("` "): cells for cells in (re.split(r"(?<!\\)\|", line) for line in lines)}
    known = find("metric")
    directions = {name: cells[5].strip() or None for name, cells in rows.items()}
    assert directions == {name: cls.better for name, cls in known.items()}
    for name, cells in rows.items():
        argument, said = next(arguments(known[name]), None), cells[3].strip()
        if argument is None:
            assert not said
        elif argument.default is None:
            assert said == f"`{argument.name}`: binary, macro"
        else:
            assert said == f"`{argument.name}: {argument.default}`"


def test_every_config_has_its_row():
    rows = "\n".join(line for line in PAGES["examples"].splitlines() if line.startswith("| `"))
    assert {path.name for path in (ROOT / "configs").glob("*.yaml")} == set(re.findall(r"`(\w+\.yaml)`", rows))
