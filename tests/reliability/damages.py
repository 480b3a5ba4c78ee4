"""What can happen to a file of a run directory, and the harness that lets it happen to each before each command."""

import hashlib
import json
import os
import shutil
from pathlib import Path

from reliability.configs import MLP, changed
from reliability.program import write_config

from nntrain.errors import NNTrainError
from nntrain.files import checkpoint

CUT = changed(MLP, training={"epochs": 4, "early_stopping": None, "checkpoint": {"steps": 2}})
FILES = (
    *("config.yaml", "meta.json", "metrics.jsonl", "timing.jsonl", "status.json", "summary.json", ".nntrain-lock"),
    *("checkpoints/last.npz", "checkpoints/best.npz", "checkpoints", "samples", "tensorboard"),
)
FOLDERS = ("checkpoints", "samples", "tensorboard")


class Lab:
    """Two runs below one directory, and beside it a tree that nobody may touch; made anew for every case.

    a   the run that is damaged    b   one of another learning rate and seed, whole
    """

    def __init__(self, warm, folder):
        self.warm, self.made, self.folder = warm, folder / "made", folder / "lab"
        self.config = write_config(folder / "config.yaml", CUT)
        self.made.mkdir()
        for name, overrides in (("a", ()), ("b", ("optimizer.lr=0.03", "seed=1"))):
            ended = warm.run("fit", self.config, *overrides, "-q", "--run-dir", self.made / "runs" / name)
            assert ended.code == 0, ended
        ended = warm.run("fit", self.config, "-q", "--run-dir", self.made / "cut" / "a", "--max-seconds", 0)
        assert ended.code == 143, ended
        ended = warm.run(
            "fit", self.config, "-q", "--run-dir", self.made / "cut" / "a", "training.epochs=2", "--on-exist", "resume"
        )
        assert ended.code == 0, ended
        status = self.made / "cut" / "a" / "status.json"
        told = {**json.loads(status.read_text()), "status": "interrupted"}
        status.write_text(json.dumps(told))  # as of a run that was cut in its middle
        (self.made / "cut" / "a" / "summary.json").unlink()
        shutil.copytree(self.made / "runs" / "b", self.made / "cut" / "b")
        (self.made / "canary" / "inner").mkdir(parents=True)
        (self.made / "canary" / "file").write_bytes(b"mine\n" * 100)
        (self.made / "canary" / "inner" / "epoch_0001.png").write_bytes(b"mine too")
        for folder_ in ("samples", "tensorboard"):
            (self.made / "canary" / folder_).mkdir()

    def anew(self, state):
        """The tree of the case; gives the damaged run's directory.  state   "runs": finished; "cut": in its middle"""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.made / "canary", self.folder / "canary")
        shutil.copytree(self.made / state, self.folder / "runs")
        return self.folder / "runs" / "a"

    def canary(self):
        return tree_hash(self.folder / "canary")


def tree_hash(folder):
    """Names, kinds and contents of all that lies below a directory."""
    digest = hashlib.sha256()
    for directory, folders, names in sorted(os.walk(os.fsencode(folder))):
        for name in sorted(folders + names):
            path = os.path.join(directory, name)
            digest.update(path + str(os.lstat(path).st_mode).encode())
            if os.path.isfile(path) and not os.path.islink(path):
                digest.update(Path(os.fsdecode(path)).read_bytes())
    return digest.hexdigest()


def steps_of(run):
    """The step of each readable checkpoint."""
    found = {}
    for name in ("last", "best"):
        path = run / "checkpoints" / f"{name}.npz"
        if path.is_symlink() or not path.is_file():
            continue
        try:
            found[name] = checkpoint.read(path).manifest["step"]
        except (NNTrainError, KeyError, TypeError):
            continue
    return found


# What happens to a file: act(path, other), where `other` is the same file of another run, else None that it cannot be.


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def lost(path, lab):
    _remove(path)


def _of_file(change):
    def act(path, lab):
        if path.name in FOLDERS or not path.is_file():
            return False
        content = path.read_bytes()
        path.write_bytes(change(content))
        return change(content) != content

    return act


empty = _of_file(lambda content: b"")
cut = _of_file(lambda content: content[: len(content) * 2 // 3])
one_bit = _of_file(
    lambda content: (
        content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 4]) + content[len(content) // 2 + 1 :]
        if content
        else b""
    )
)
garbage = _of_file(lambda content: b"\x00\xff\x1b[31m\n" * 20)


def foreign(path, lab):
    other = lab.folder / "runs" / "b" / path.relative_to(lab.folder / "runs" / "a")
    if not os.path.lexists(other):
        return False
    _remove(path)
    shutil.copytree(other, path) if other.is_dir() else shutil.copy(other, path)
    return True


TYPES = {
    "config.yaml": b"name: 3\nseed: x\ndataset: []\narchitecture: {}\nloss: 1\noptimizer: [1]\ntraining: no\n",
    "meta.json": b'{"command": 3, "data_sha256": ["x"], "imports": "x", "start": 1}',
    "status.json": b'{"status": "done", "epoch": null, "step": "x", "message": {}, "lines": -1, "log_sha256": 3}',
    "summary.json": b'{"best": "x", "final": {"epoch": null, "train": [1]}, "seconds": 1%s}' % (b"0" * 400),
    "metrics.jsonl": b'{"epoch": null, "step": "x", "lr": [], "train": 3, "validation": 1%s}\n' % (b"0" * 400),
    "timing.jsonl": b'{"epoch": null, "step": "x", "seconds": "y"}\n' * 3,
}


def types(path, lab):
    if path.name not in TYPES:
        return False
    path.write_bytes(TYPES[path.name])
    return True


def value(path, lab):
    """Another number that stays JSON, or YAML."""
    if path.name not in TYPES or not path.is_file():
        return False
    content = path.read_bytes()
    places = [i for i, c in enumerate(content) if chr(c).isdigit() and content[i - 1 : i] == b"."]
    if not places:
        return False
    i = places[0]
    path.write_bytes(content[:i] + (b"1" if content[i : i + 1] != b"1" else b"2") + content[i + 1 :])
    return True


def pipe(path, lab):
    _remove(path)
    os.mkfifo(path)


def folder(path, lab):
    if path.name in FOLDERS:  # of a folder, a file
        _remove(path)
        path.write_bytes(b"a person's\n")
        return
    _remove(path)
    path.mkdir()
    (path / "theirs").write_bytes(b"a person's\n")


def dangling(path, lab):
    _remove(path)
    path.symlink_to(lab.folder / "canary" / "nowhere")


def link(path, lab):
    """To a thing of somebody else's; to a file that is good, where there is one."""
    _remove(path)
    inside = lab.folder / "canary" / path.name
    path.symlink_to(
        inside if inside.exists() else lab.folder / "canary" / ("inner" if path.name in FOLDERS else "file")
    )


def good_link(path, lab):
    """The thing itself lies with somebody else, and a link leads to it."""
    if not os.path.lexists(path):
        return False
    there = lab.folder / "canary" / f"moved-{path.name}"
    shutil.move(path, there)
    path.symlink_to(there)
    return True


def hard_link(path, lab):
    """A snapshot: the file has a second name elsewhere."""
    if not path.is_file():
        return False
    os.link(path, lab.folder / "canary" / f"snapshot-{path.name}")
    return True


def odd_neighbour(path, lab):
    """A file beside it whose name is no UTF-8."""
    with open(os.fsencode(path.parent) + b"/\xff\x1b[31m" + os.fsencode(path.name), "wb") as file:
        file.write(b"theirs")


DAMAGES = {
    "lost": lost,
    "empty": empty,
    "cut": cut,
    "one bit": one_bit,
    "garbage": garbage,
    "foreign": foreign,
    "types": types,
    "value": value,
    "pipe": pipe,
    "folder": folder,
    "dangling": dangling,
    "link": link,
    "good link": good_link,
    "hard link": hard_link,
    "odd neighbour": odd_neighbour,
}

# command -> (state of the run, arguments)
COMMANDS = {
    "runs": ("runs", lambda lab, run: ("runs", run.parent)),
    "runs --json": ("runs", lambda lab, run: ("runs", run.parent, "--json", "--where", "status!=x")),
    "runs of a cut one": ("cut", lambda lab, run: ("runs", run.parent, "--csv")),
    "compare": ("runs", lambda lab, run: ("compare", run.parent)),
    "plot": ("runs", lambda lab, run: ("plot", run.parent)),
    "report": ("runs", lambda lab, run: ("report", run.parent, "-o", run.parent.parent / "page.html")),
    "eval": ("runs", lambda lab, run: ("eval", run)),
    "show": ("runs", lambda lab, run: ("show", run)),
    "resume a finished one": ("runs", lambda lab, run: ("resume", run, "-q")),
    "resume": ("cut", lambda lab, run: ("resume", run, "-q", "training.epochs=4")),
    "fit resume": ("cut", lambda lab, run: ("fit", lab.config, "-q", "--run-dir", run, "--on-exist", "resume")),
    "fit skip": ("cut", lambda lab, run: ("fit", lab.config, "-q", "--run-dir", run, "--on-exist", "skip")),
    "fit replace": ("cut", lambda lab, run: ("fit", lab.config, "-q", "--run-dir", run, "--on-exist", "replace")),
    "fit error": ("cut", lambda lab, run: ("fit", lab.config, "-q", "--run-dir", run)),
}


def case(lab, file, damage, command):
    """Let it happen; how the command ended, and what of the invariants does not hold.  None where it cannot happen."""
    state, arguments = COMMANDS[command]
    run = lab.anew(state)
    if DAMAGES[damage](run / file, lab) is False:
        return None
    canary, steps = lab.canary(), steps_of(run)
    forked = lab.warm.start(*arguments(lab, run))
    ended = forked.wait_at_most(20)
    wrong = []
    if ended is None:
        return None, ["it waits"]
    text = ended.stdout + ended.stderr
    if "Traceback" in text or ended.code not in (0, 2, 3, 5, 6, 7):
        wrong.append(f"exit {ended.code}: {text[-600:]}")
    if ended.code and not ended.stderr.startswith(("error: ", "warning: ")) and "error: " not in ended.stderr:
        wrong.append("no line that says why")
    if any(ord(c) < 32 and c != "\n" for c in text):
        wrong.append("a raw control character")
    if lab.canary() != canary:
        wrong.append("something outside the run was changed")
    after = steps_of(run)
    if command != "fit replace" and max(steps.values(), default=-1) > max(after.values(), default=-1):
        wrong.append(f"checkpoints of {steps} became {after}")
    return ended, wrong
