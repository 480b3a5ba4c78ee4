"""A run to work on, and another process that holds one."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from nntrain import runs


@pytest.fixture
def root(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def run(root):
    with runs.create(root, "digits") as run:
        run.write_config("name: digits\n")
        yield run


HOLD = """
import sys
from nntrain.runs import Run
run = Run.open(sys.argv[1])
run.write_status("running", epoch=1, step=5)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def live_process():
    """`with live_process(path) as process`: another process goes on with that run until the block ends."""

    @contextmanager
    def live_process(path):
        pipe, command = subprocess.PIPE, [sys.executable, "-c", HOLD, str(path)]
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            try:
                assert process.stdout.readline() == "locked\n"
                yield process
            finally:
                process.kill()

    return live_process
