"""The end of the program: at once, and yet nothing is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BEFORE = "import atexit, sys; sys.argv[0] = 'nntrain'; from nntrain.__main__ import run;"


def ended(program, *arguments, **pipes):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", f"{BEFORE} {program}", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, **pipes)


def test_what_is_still_in_buffers_is_written():
    program = "sys.stdout.write('first '); atexit.register(sys.stdout.write, ' last'); run()"
    done = ended(program, "--version", stdout=subprocess.PIPE)
    assert done.stdout.startswith("first nntrain, version ")
    assert done.stdout.endswith(" last")
    assert done.returncode == 0


def test_the_exit_code_is_the_command_s():
    assert ended("run()", "fit", "no_such_file.yaml", stdout=subprocess.PIPE).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_what_cannot_be_written_at_the_end_is_told():
    with open("/dev/full", "w") as full:
        done = ended("atexit.register(sys.stdout.write, 'last'); run()", "fit", "no_such_file.yaml", stdout=full)
    assert "No space left" in done.stderr
    assert done.returncode == 120


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["components"]])
def test_an_output_that_cannot_be_written_is_exit_7_in_one_line(arguments):
    with open("/dev/full", "w") as full:
        done = ended("run()", *arguments, stdout=full)
    assert done.stderr == "error: the output: No space left on device\n"
    assert done.returncode == 7


def test_a_profiler_sees_the_end():
    program = "import cProfile; profile = cProfile.Profile();\ntry: profile.runcall(run)\nfinally: print('profiled')"
    assert ended(program, "--version", stdout=subprocess.PIPE).stdout.endswith("profiled\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the C library of Linux")
@pytest.mark.parametrize(("mpi", "code"), [(True, -signal.SIGABRT), (False, 0)])
def test_with_mpi_the_exit_handlers_of_c_run_as_it_takes_leave_of_the_launcher_there(mpi, code):
    program = "import ctypes; c = ctypes.CDLL(None); getattr(c, '__cxa_atexit')(c.abort, None, None);"
    program += f"sys.modules |= {{'mpi4py.MPI': sys}} if {mpi} else {{}}; run()"
    assert ended(program, "--version", stdout=subprocess.PIPE).returncode == code
