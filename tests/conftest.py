"""Every test runs with one BLAS thread, as the command line does: set before NumPy is imported."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[variable] = "1"

if "PYTEST_XDIST_WORKER" not in os.environ:  # all children of the tests share compiled files, and leave none behind
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="nntrain-tests-")
    atexit.register(shutil.rmtree, os.environ["PYTHONPYCACHEPREFIX"], ignore_errors=True)

import pytest  # noqa: E402
from click.testing import CliRunner  # noqa: E402

from nntrain.cli import main  # noqa: E402
from nntrain.runtime import threads  # noqa: E402

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _one_thread():
    """A test that changes the number of threads leaves no trace."""
    yield
    threads.set_threads(1)


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
