"""The pages that people read, and a desk to try them on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(text, language):
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


class Desk:
    """An empty directory with the configs in it, and `nntrain` on the path."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copytree(ROOT / "configs", folder / "configs")
        (folder / "bin").mkdir()
        self.program("nntrain", f'#!/bin/sh\nexec "{sys.executable}" -m nntrain "$@"\n')

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def bash(self, script):
        """(exit code, stdout, stderr) of a script."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NNTRAIN_")}
        environment |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        environment |= {"HOME": str(self.folder), "COLUMNS": "120"}
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)
