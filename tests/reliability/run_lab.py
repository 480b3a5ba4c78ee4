"""Run directories to be damaged, whole and cut in the middle, and a tree beside them that nobody may touch."""

import hashlib
import json
import os
import shutil
from pathlib import Path

from reliability.configs import MLP, changed
from reliability.program import write_config

from nntrain.errors import NNTrainError
from nntrain.files import checkpoint

SWEPT = ("-g", "optimizer.lr=0.02,0.03")
CUT = changed(MLP, training={"epochs": 4, "early_stopping": None, "checkpoint": {"steps": 2}})
FILES = (
    *("config.yaml", "meta.json", "metrics.jsonl", "timing.jsonl", "status.json", "summary.json", ".nntrain-lock"),
    *("checkpoints/last.npz", "checkpoints/best.npz", "checkpoints", "samples", "tensorboard"),
)
FOLDERS = ("checkpoints", "samples", "tensorboard")


def _name(path):
    return Path(path).name


class Lab:
    """Two runs below one directory, and beside it a tree that nobody may touch; made anew for every case.

    a   the run that is damaged    b   one of another learning rate and seed, whole
    Those of a sweep have the names that it gave them.
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
        ended = warm.run("sweep", self.config, *SWEPT, "-q", "--jobs", "1", "--runs", self.made / "swept")
        assert ended.code == 0, ended
        self.names = {"runs": ("a", "b"), "cut": ("a", "b"), "swept": tuple(map(_name, ended.stdout.split()))}
        self.names["swept cut"] = self.names["swept"]
        shutil.copytree(self.made / "swept", self.made / "swept cut")
        shutil.rmtree(self.made / "swept cut" / self.names["swept"][0])
        shutil.copytree(self.made / "cut" / "a", self.made / "swept cut" / self.names["swept"][0])
        (self.made / "canary" / "inner").mkdir(parents=True)
        (self.made / "canary" / "file").write_bytes(b"mine\n" * 100)
        (self.made / "canary" / "inner" / "epoch_0001.png").write_bytes(b"mine too")
        for folder_ in ("samples", "tensorboard"):
            (self.made / "canary" / folder_).mkdir()

    def anew(self, state, ending=""):
        """The tree of the case; gives the damaged run's directory.

        state    "runs": finished; "cut": in its middle; "swept" and "swept cut": the same of a sweep
        ending   of the name of the run's directory
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.made / "canary", self.folder / "canary")
        shutil.copytree(self.made / state, self.folder / "runs")
        name, other = self.names[state]
        self.other = self.folder / "runs" / other
        run = self.folder / "runs" / (name + ending)
        (self.folder / "runs" / name).rename(run)
        return run

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
