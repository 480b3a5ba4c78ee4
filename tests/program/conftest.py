"""The command line in this process."""

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from nntrain.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def configs(tmp_path):
    """A copy of the project's configs and their data."""
    return Path(shutil.copytree(ROOT / "configs", tmp_path / "configs"))


@pytest.fixture
def nntrain(tmp_path, monkeypatch):
    """Run a command as from the shell, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("NNTRAIN_")]:
        monkeypatch.delenv(variable)
    runner = CliRunner()

    def run(*arguments, code=0, stdin=None):
        result = runner.invoke(main, [str(a) for a in arguments], input=stdin)
        told = f"{result.exit_code}\n{result.stdout}\n{result.stderr}\n{result.exception!r}"
        assert result.exit_code == code, told
        assert code == 1 or result.exception is None or isinstance(result.exception, SystemExit), told
        return result

    return run
