"""The page about components of one's own: its examples follow each other, and print what it shows."""

import re

from docs.conftest import ROOT, blocks

PAGE = (ROOT / "nntrain" / "docs" / "own_components.md").read_text("utf-8")
CONFIG = """
dataset: {type: moons, examples: 100}
architecture: [flatten, {dense: 3}, rational, {dense: $dataset.classes}]
loss: cross_entropy
optimizer: sgd
training: {epochs: 1}
"""


def test_the_examples_of_the_page_work(desk):
    (desk.folder / "rational.py").write_text(blocks(PAGE, "python")[0])
    (desk.folder / "mine.yaml").write_text(CONFIG)
    script = "\n".join(blocks(PAGE, "bash"))
    code, _, errors = desk.bash(f"set -euo pipefail\n{script}")
    assert code == 0, errors
    shown = "".join(blocks(PAGE, "console"))
    for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", shown, re.MULTILINE):
        _, here, _ = desk.bash(f"{command} 2>&1")
        assert re.sub(r"\d\.\de-\d+", "#", here) == re.sub(r"\d\.\de-\d+", "#", printed)
