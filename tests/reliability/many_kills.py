"""Random kills of every kind of run, one after another, with a log from which it goes on when it is started again.

    PYTHONPATH=tests python tests/reliability/many_kills.py --kills 1000 --log kills.jsonl

A case is one run, or one sweep, that is killed by the clock, or as soon as a temporary file shows that a save is under
way, and is then started again to its end: it has to leave the bytes that an undisturbed one leaves.  Of sweeps, half of
the kills strike one of the runs while the sweep goes on.  Prints the kills and the differences of each kind.
"""

import argparse
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
from reliability.configs import CONFIGS, MLP, changed
from reliability.program import Warm, differing, left_behind, temporary_files, write_config
from reliability.test_kills import CADENCES
from reliability.test_tensorboard import logged, points

SHORT = changed(MLP, training={"epochs": 9, "early_stopping": None, "evaluate": {"epochs": 1}})
SWEEPS = {
    "sweep": ("-g", "optimizer.lr=0.02,0.05", "--seeds", "0-2"),
    "sweep --halving sync": ("-r", "optimizer.lr=log:1e-3:1", "-n", "9", "--halving", "sync"),
    "sweep --halving async": ("-r", "optimizer.lr=log:1e-3:1", "-n", "9", "--halving", "async"),
}
MAPPED = {"type": "npy", "inputs": "x.npy", "targets": "y.npy", "batch_size": 16, "validation": 0.2, "test": 0.2}
KINDS = (*CONFIGS, "tensorboard", "mapped", *SWEEPS)


def write_arrays(folder):
    chance = np.random.default_rng(0)
    x = chance.normal(size=(150, 3)).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", (x.sum(1) > 0).astype(np.int64))


def config_of(kind, cadence):
    if kind in SWEEPS:
        return changed(SHORT, training={"checkpoint": cadence})
    if kind == "mapped":
        return {**changed(MLP, training={"checkpoint": cadence}), "dataset": MAPPED}
    return changed(CONFIGS.get(kind, MLP), training={"checkpoint": cadence})


def words_of(kind, config, folder):
    if kind in SWEEPS:
        return ("sweep", config, *SWEEPS[kind], "--jobs", "2", "-q", "--runs", folder)
    more = ("--tensorboard",) if kind == "tensorboard" else ()
    return ("fit", config, "-q", "--run-dir", folder, "--on-exist", "resume", *more)


def remains(kind, folder):
    """What has to be the same; of event files that their points are those of the log."""
    if kind in SWEEPS:
        runs = [run for run in sorted(folder.iterdir()) if run.is_dir()]
        return {f"{run.name}/{name}": found for run in runs for name, found in left_behind(run).items()}
    found = left_behind(folder)
    if kind == "tensorboard":
        found = {name: content for name, content in found.items() if not name.startswith("tensorboard/")}
        found["points"] = b"as in the log" if points(folder) == logged(folder) else b"others"
    return found


def runs_below(pid):
    """Process numbers of a sweep's children."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Killer:
    """Kills, and compares with undisturbed runs that it makes at first need."""

    def __init__(self, folder, warm):
        self.folder, self.warm, self.known = folder, warm, {}
        write_arrays(folder)

    def undisturbed(self, kind, number):
        cadence = CADENCES[number % len(CADENCES)]
        key = kind, number % len(CADENCES)
        if key not in self.known:
            name = f"{KINDS.index(kind)}-{key[1]}"
            path, run = self.folder / f"{name}.yaml", self.folder / f"undisturbed-{name}"
            write_config(path, config_of(kind, cadence))
            begin = time.monotonic()
            ended = self.warm.run(*words_of(kind, path, run))
            assert (ended.code, ended.stderr) == (0, ""), ended
            self.known[key] = path, remains(kind, run), time.monotonic() - begin
        return self.known[key]

    def case(self, kind, number):
        """How many kills struck and where, and what was wrong."""
        path, expected, seconds = self.undisturbed(kind, number)
        chance, struck = random.Random(f"{kind} {number}"), Counter()
        run = self.folder / "killed"
        shutil.rmtree(run, ignore_errors=True)
        for _ in range(3 if kind in SWEEPS else 1):
            struck[self.kill(kind, path, run, chance, seconds)] += 1
        ended = self.warm.run(*words_of(kind, path, run))
        wrong = [] if (ended.code, ended.stderr) == (0, "") else [repr(ended)]
        return struck, wrong + differing(remains(kind, run), expected)

    def kill(self, kind, path, run, chance, seconds):
        process = self.warm.start(*words_of(kind, path, run))
        time.sleep(chance.uniform(0, seconds / 2 if kind in SWEEPS else seconds))
        if chance.random() < 0.5:
            end = time.monotonic() + seconds
            while not temporary_files(run) and time.monotonic() < end:
                time.sleep(0.0005)  # the processor is the run's
        if kind in SWEEPS and chance.random() < 0.5 and (children := runs_below(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(chance.choice(children), signal.SIGKILL)
            process.wait()
            return "a run of the sweep"
        process.kill(signal.SIGKILL)
        if process.wait().code != -signal.SIGKILL:
            return "ended"
        return "in a save" if temporary_files(run) else "between"


def read_log(path):
    with suppress(FileNotFoundError):
        return [json.loads(line) for line in path.read_text().splitlines()]
    return []


def summed(cases):
    """A line a kind: kills by where they struck, cases, differences."""
    lines, total = [], 0
    for kind in dict.fromkeys(case["kind"] for case in cases):
        of_kind = [case for case in cases if case["kind"] == kind]
        struck = sum((Counter(case["struck"]) for case in of_kind), Counter())
        struck.pop("ended", None)
        total += struck.total()
        wrong = [case["number"] for case in of_kind if case["wrong"]]
        where = ", ".join(f"{count} {name}" for name, count in sorted(struck.items()))
        lines.append(f"{kind:24} {struck.total():5} kills ({where}), {len(wrong)} differences {wrong or ''}")
    return total, [*lines, f"{'all':24} {total:5} kills, {sum(bool(c['wrong']) for c in cases)} differences"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    options = parser.parse_args()
    cases = read_log(options.log)
    with tempfile.TemporaryDirectory() as folder, options.log.open("a") as log:
        warm = Warm(Path(folder))
        killer, number = Killer(Path(folder), warm), 1 + max((case["number"] for case in cases), default=-1)
        while summed(cases)[0] < options.kills:
            for kind in options.kinds:
                struck, wrong = killer.case(kind, number)
                cases.append({"kind": kind, "number": number, "struck": struck, "wrong": wrong})
                log.write(json.dumps(cases[-1]) + "\n")
                log.flush()
            number += 1
        warm.close()
    print("\n".join(summed(cases)[1]))


if __name__ == "__main__":
    main()
