"""Runs nntrain as a program, from a warm process or from the shell, and tells whether two runs are the same."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import nntrain

ROOT = Path(nntrain.__file__).parents[1]
TESTS = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(TESTS)))}


class Ended:
    """How a command ended: its exit code as subprocess has it (-9: killed), what it printed, peak memory in KiB."""

    def __init__(self, code, stdout, stderr, memory=0):
        self.code, self.stdout, self.stderr, self.memory = code, stdout, stderr, memory

    def __repr__(self):
        return f"exit {self.code}\n{self.stdout}{self.stderr}"


class Forked:
    """One command under way in a fork of the warm process."""

    def __init__(self, process, folder):
        self.process, self.folder = process, folder
        self.pid = int(process.stdout.readline())
        self.under_way = True

    def kill(self, number):
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self):
        code, memory = json.loads(self.process.stdout.readline())
        self.under_way = False
        texts = [(self.folder / name).read_text("utf-8", "replace") for name in ("stdout", "stderr")]
        return Ended(code, *texts, memory)

    def wait_at_most(self, seconds):
        """How it ended; None where it did not, and was killed."""
        timer = threading.Timer(seconds, self.kill, (signal.SIGKILL,))
        timer.start()
        ended = self.wait()
        timer.cancel()
        return None if ended.code == -signal.SIGKILL else ended


class Warm:
    """The warm process; one command at a time."""

    def __init__(self, folder):
        self.folder, self.last = folder, None
        command = [sys.executable, str(Path(__file__).with_name("zygote.py"))]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=ENVIRONMENT)

    def start(self, *arguments, cwd=None, **planted):
        if self.last is not None and self.last.under_way:  # of a test that failed
            self.last.kill(signal.SIGKILL)
            self.last.wait()
        folder = Path(cwd or self.folder)
        request = {"arguments": [str(a) for a in arguments], "cwd": str(folder), "planted": planted}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        self.last = Forked(self.process, folder)
        return self.last

    def run(self, *arguments, **options):
        return self.start(*arguments, **options).wait()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def command(*arguments, python=()):
    return [sys.executable, *python, "-m", "nntrain", *map(str, arguments)]


def shell(*arguments, cwd, python=(), environment=None, **options):
    """The program from a cold start, as a shell starts it."""
    environment = ENVIRONMENT if environment is None else environment
    ended = subprocess.run(command(*arguments, python=python), cwd=cwd, env=environment, capture_output=True, **options)
    return Ended(ended.returncode, ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace"))


def write_config(path, config):
    """JSON is YAML."""
    path.write_text(json.dumps(config), "utf-8")
    return path


def left_behind(run):
    """All that a finished run promises to be the same, by name: every file but what holds a clock."""
    run = Path(run)
    names = {str(p.relative_to(run)): p for p in run.rglob("*") if p.is_file()}
    files = {name: p.read_bytes() for name, p in names.items() if name not in ("meta.json", "timing.jsonl")}
    if "summary.json" in files:
        summary = json.loads(files["summary.json"])
        summary.pop("seconds")
        files["summary.json"] = json.dumps(summary).encode()
    return files


def differing(one, other):
    """Names of the files in which two runs differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def temporary_files(folder):
    """Also while directories come and go."""
    found = []
    for directory, _, names in os.walk(folder):
        found += [os.path.join(directory, n) for n in names if n.startswith(".nntrain-") and n.endswith(".tmp")]
    return found


def wait_for(condition, seconds=60.0):
    """Look again and again until something has happened; an error if it never does."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError("it never happened")
    return value
