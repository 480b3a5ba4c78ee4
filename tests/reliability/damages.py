"""What can happen to a file of a run directory, and the harness that lets it happen to each before each command."""

import os
import shutil

from reliability.run_lab import FOLDERS, SWEPT, steps_of

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
    other = (
        lab.other / path.name if path.parent.parent == lab.folder / "runs" else lab.other / "checkpoints" / path.name
    )
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


def unreadable(path, lab):
    """Without root's power (see `case`)."""
    if not path.exists():
        return False
    path.chmod(0)
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
    "unreadable": unreadable,
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
    "sweep": ("swept", lambda lab, run: ("sweep", lab.config, *SWEPT, "-q", "--jobs", "1", "--runs", run.parent)),
    "sweep of a cut one": (
        "swept cut",
        lambda lab, run: ("sweep", lab.config, *SWEPT, "-q", "--jobs", "1", "--runs", run.parent),
    ),
    "sweep --print": ("swept cut", lambda lab, run: ("sweep", lab.config, *SWEPT, "--print", "--runs", run.parent)),
    "fit error": ("cut", lambda lab, run: ("fit", lab.config, "-q", "--run-dir", run)),
}


def case(lab, file, damage, command, ending=""):
    """Let it happen; how the command ended, and what of the invariants does not hold.  None where it cannot happen.

    ending   of the name of the run's directory
    """
    state, arguments = COMMANDS[command]
    run = lab.anew(state, ending)
    if DAMAGES[damage](run / file, lab) is False:
        return None
    canary, steps = lab.canary(), steps_of(run)
    forked = lab.warm.start(*arguments(lab, run), **({"obeys_permissions": []} if damage == "unreadable" else {}))
    ended = forked.wait_at_most(20)
    wrong = []
    if ended is None:
        return None, ["it waits"]
    text = ended.stdout + ended.stderr
    if "Traceback" in text or ended.code not in (0, 2, 3, 5, 6, 7):
        wrong.append(f"exit {ended.code}: {text[-600:]}")
    why = ("error: ", "warning: ", "[1/2] failed ", "[2/2] failed ")
    if ended.code and not ended.stderr.startswith(why) and "error: " not in ended.stderr:
        wrong.append("no line that says why")
    if any(ord(c) < 32 and c != "\n" for c in text):
        wrong.append("a raw control character")
    if lab.canary() != canary:
        wrong.append("something outside the run was changed")
    after = steps_of(run)
    if command != "fit replace" and max(steps.values(), default=-1) > max(after.values(), default=-1):
        wrong.append(f"checkpoints of {steps} became {after}")
    return ended, wrong
