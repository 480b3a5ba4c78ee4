"""Every command with each standard stream closed, full, or read by somebody who leaves: its work is done all the same.

What is only shown ends no work.  Where the result itself cannot be written the exit code is 7; a reader who has left,
and a stream that was closed on purpose, wanted no more.
"""

import hashlib
import json
import shlex
import shutil
import subprocess

import pytest
from reliability.configs import GAN, LSTM, MLP, changed
from reliability.program import ENVIRONMENT, command, write_config

QUICK = changed(MLP, training={"epochs": 3, "early_stopping": None, "checkpoint": {"steps": 2}})
PLAIN = ""
STREAMS = {
    "stdin closed": "<&-",
    "stdout closed": ">&-",
    "stderr closed": "2>&-",
    "all closed": "<&- >&- 2>&-",
    "stdin endless zeros": "</dev/full",
    "stdout full": ">/dev/full",
    "stderr full": "2>/dev/full",
    "both full": ">/dev/full 2>/dev/full",
    "stdout left after a line": "> >(head -1 >/dev/null)",
    "stderr left after a line": "2> >(head -1 >/dev/null)",
    "stdout left at once": "> >(true)",
    "stderr left at once": "2> >(true)",
}
RESULT_LOST = {"stdout full", "both full"}
SWEEP = "sweep c.yaml --seeds 0-3 --jobs 2 --runs swept"
COMMANDS = [  # words that follow nntrain
    *("--help", "--version", "fit --help", "help", "help configs", "schema", "init mlp", "components", "exercise"),
    *("components layer dense", "exercise dense", "data c.yaml", "data c.yaml --json", "show c.yaml", "show cut"),
    *("explain c.yaml", "explain c.yaml -o e.html", "graph c.yaml -o g.svg", "check c.yaml", "find-lr c.yaml"),
    *("fit c.yaml --run-dir new", "fit c.yaml --run-dir new -q", "fit c.yaml --dry-run", "resume cut"),
    *("fit c.yaml --run-dir runs/a --on-exist skip", "fit no_such_file.yaml", "runs --no-such-option"),
    *(SWEEP, f"{SWEEP} -q", f"{SWEEP} --spawn", f"{SWEEP} --halving sync", f"{SWEEP} --halving async"),
    *(f"{SWEEP} --print", f"{SWEEP} --slurm", "ask search", "tell asked 0.5", "eval runs/a", "eval runs/a --json"),
    *("predict runs/a in.csv", "predict runs/a in.csv -o out.csv", "sample text", "sample gan -o s.png"),
    *("export runs/a -o n.safetensors", "runs runs", "runs runs --json", "compare runs", "plot runs"),
    *("plot runs -o p.svg", "report runs -o r.html"),
]
SAMPLE = [
    (SWEEP, "all closed"),
    (SWEEP, "stderr left after a line"),
    ("find-lr c.yaml", "stderr full"),
    ("runs runs", "both full"),
]


class Desk:
    """A directory in which every command has something to do, made anew for every case."""

    def __init__(self, warm, folder):
        self.made, self.folder, self.known = folder / "made", folder / "desk", {}
        self.made.mkdir()
        write_config(self.made / "c.yaml", QUICK)
        write_config(self.made / "gan.yaml", changed(GAN, training={"epochs": 2}))
        write_config(self.made / "text.yaml", changed(LSTM, training={"epochs": 1, "steps": 4}))
        (self.made / "in.csv").write_text("x1,x2\n1,2\n3,4\n")
        for words in (
            *("c.yaml --run-dir runs/a", "c.yaml --run-dir runs/b seed=1", "gan.yaml --run-dir gan"),
            *("text.yaml --run-dir text", "c.yaml --run-dir cut --max-seconds 0"),
        ):
            warm.run("fit", *words.split(), "-q", cwd=self.made)
        words = "ask search c.yaml -n 3 -r optimizer.lr=log:1e-3:1"
        self.asked = warm.run(*words.split(), cwd=self.made).stdout.strip()
        for name in ("stdout", "stderr"):
            (self.made / name).unlink()

    def run(self, words, streams):
        """Exit code, stdout, stderr (nothing of a stream that is led elsewhere) and what lies there afterwards."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.made, self.folder)
        told = [self.folder.parent / name for name in ("stdout", "stderr")]
        for path in told:
            path.write_bytes(b"")
        line = shlex.join(command(*words.replace("asked", self.asked).split()))
        line += f" </dev/null >{shlex.quote(str(told[0]))} 2>{shlex.quote(str(told[1]))} {streams}"
        ended = subprocess.run(["bash", "-c", line], cwd=self.folder, env=ENVIRONMENT, timeout=120)
        return ended.returncode, *(path.read_text("utf-8", "replace") for path in told), left(self.folder)

    def plain(self, words):
        if words not in self.known:
            self.known[words] = self.run(words, PLAIN)
        return self.known[words]

    def wrong(self, words, streams):
        """What is wrong with a case; "" where nothing is."""
        plain, found = self.plain(words), self.run(words, STREAMS[streams])
        prints = bool(plain[1])
        code = 7 if streams in RESULT_LOST and prints else plain[0]
        wrong = []
        if found[0] != code:
            wrong.append(f"exit {found[0]}, declared {code}")
        if "Traceback" in found[2] or "Exception ignored" in found[2]:
            wrong.append("a traceback")
        if ">" not in STREAMS[streams].replace("2>", "") and found[1] != plain[1]:
            wrong.append("another stdout")
        if differing := sorted(name for name in plain[3] | found[3] if plain[3].get(name) != found[3].get(name)):
            wrong.append(f"other files: {differing[:5]}")
        return f"{words}, {streams}: {'; '.join(wrong)}: {found[2][-500:]}" if wrong else ""


def left(folder):
    """The files below a directory, but for what holds a clock."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("timing.jsonl", "meta.json", ".nntrain-lock"):
            content = path.read_bytes()
            if path.name == "summary.json":
                content = json.dumps({**json.loads(content), "seconds": 0}).encode()
            found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


@pytest.fixture(scope="module")
def desk(warm, tmp_path_factory):
    return Desk(warm, tmp_path_factory.mktemp("streams"))


@pytest.mark.parametrize(("words", "streams"), SAMPLE, ids=str)
def test_a_stream_that_fails_ends_no_work(desk, words, streams):
    assert not desk.wrong(words, streams)


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_does_its_work_whatever_becomes_of_its_streams(desk, words):
    assert not [wrong for streams in STREAMS if (wrong := desk.wrong(words, streams))]


@pytest.mark.slow
@pytest.mark.parametrize("streams", ["<&-", "</dev/null", "</dev/full", "</dev/zero"])
def test_predict_from_a_stdin_without_a_table_is_exit_3(desk, streams):
    code, out, err, _ = desk.run("predict runs/a -", streams)
    assert (code, out) == (3, "")
    assert err.startswith("<stdin>: error: ")


def test_the_proof_catches_work_that_was_not_done(desk):
    desk.known["runs runs"] = 0, "another", "", {"missing": "x"}
    told = desk.wrong("runs runs", "stderr full")
    del desk.known["runs runs"]
    assert "another stdout" in told
    assert "other files: ['" in told
