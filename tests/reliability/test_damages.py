"""Every file of a run directory, damaged in every way, before every command: what happens is declared here, once.

A case is (file, damage, command).  Whatever is declared, a case also shows no traceback and no raw control character,
loses no readable checkpoint, waits for nothing, and changes nothing outside the run directory (see damages.case).
"""

import random

import pytest
from reliability.damages import COMMANDS, DAMAGES, case
from reliability.run_lab import FILES, Lab

NO_FILE = {"pipe", "folder", "dangling", "link", "good link", "unreadable"}  # something else stands in its place
GONE = NO_FILE | {"lost"}
OTHER_CONTENT = {"empty", "cut", "one bit", "garbage", "foreign", "types", "value"}
HARMLESS = {"hard link", "odd neighbour"}
FOR_PEOPLE = {"meta.json", "timing.jsonl", "status.json", "summary.json", "samples", "tensorboard"}
RUNS, LISTINGS = {"runs", "runs --json"}, {"runs", "runs --json", "runs of a cut one", "compare", "plot", "report"}
LAST, BEST, BOTH = "checkpoints/last.npz", "checkpoints/best.npz", "checkpoints"


def code_of(file, damage, command):
    """The exit code that is declared."""
    if damage == "unreadable" and (code := _of_unreadable(file, command)) is not None:
        return code
    if command in ("fit error", "fit skip"):
        return 6  # it exists, and is not finished
    if damage in HARMLESS or command in LISTINGS:
        return 0
    if command == "fit replace":
        needed = ("config.yaml", "metrics.jsonl", LAST, BEST)
        return 7 if (file in needed and damage == "folder") or (file == ".nntrain-lock" and damage in NO_FILE) else 0
    if command in ("eval", "show"):
        if file == BEST:
            return 5 if damage in {"empty", "cut", "one bit", "garbage", "pipe", "folder", "link"} else 0
        return 5 if file == BOTH and damage in GONE - {"good link"} else 0
    if command == "sweep --print":
        return 0
    if command == "sweep" and file != "config.yaml":  # a finished run is judged by its log
        return 5 if file == "metrics.jsonl" else 0
    return _of_resume(file, damage, "fit resume" if command.startswith("sweep") else command)


def _of_unreadable(file, command):
    """Where what may not be read differs from what is none of ours: something is there, and no other takes its place;
    a config is written anew."""
    if file == "config.yaml" and (command == "resume a finished one" or command.startswith(("fit resume", "sweep"))):
        return 0
    if (file, command) in (("config.yaml", "resume"), (LAST, "resume a finished one")):
        return 7
    if file in (BEST, BOTH) and command in ("eval", "show"):
        return 7
    return 7 if file == BOTH and command in ("resume a finished one", "fit replace") else None


def _of_resume(file, damage, command):
    finished = command == "resume a finished one"
    if file in FOR_PEOPLE or (file == ".nntrain-lock" and (finished or damage not in NO_FILE)):
        return 0
    if file == "config.yaml":
        if damage in GONE:
            return 6 if command == "fit resume" else 5
        return 2 if command == "resume" else 0
    if file == "metrics.jsonl":
        return 7 if damage in NO_FILE else 5
    if file == ".nntrain-lock":
        return 7
    if finished:
        good = file == BEST or damage == "good link"
        return 0 if good else 5
    if damage in NO_FILE:
        return 7
    return 2 if damage == "foreign" else 0


def is_told(file, damage, command):
    """Whether a listing says on stderr that something is wrong; None where that depends on which bit it is."""
    if damage in HARMLESS or file in ("meta.json", "timing.jsonl", ".nntrain-lock", "samples", "tensorboard"):
        return False
    if file == "config.yaml":
        return True
    if file in ("status.json", "summary.json"):
        if damage == "lost":
            return False
        return True if damage in NO_FILE | {"empty", "cut", "garbage", "types"} else None
    if file == "metrics.jsonl":
        if command in RUNS:
            return False
        return None if command == "runs of a cut one" and damage not in NO_FILE | {"garbage", "types"} else True
    return None if command == "report" else False  # a report judges the best checkpoint anew


def is_as_declared(lab, file, damage, command, ending=""):
    """What is wrong with a case; "" where nothing is, None where there can be none."""
    happened = case(lab, file, damage, command, ending)
    if happened is None:
        return None
    ended, wrong = happened
    if wrong or ended is None:
        return f"{file}, {damage}, {command}: {wrong}"
    if ended.code != code_of(file, damage, command):
        return f"{file}, {damage}, {command}: exit {ended.code}, declared {code_of(file, damage, command)}: {ended}"
    told = is_told(file, damage, command) if command in LISTINGS else None
    if told is not None and told != ("warning: " in ended.stderr):
        return f"{file}, {damage}, {command}: told {not told}: {ended}"
    return ""


@pytest.fixture(scope="module")
def lab(warm, tmp_path_factory):
    return Lab(warm, tmp_path_factory.mktemp("damages"))


ALL = [(file, damage, command) for file in FILES for damage in DAMAGES for command in COMMANDS]


def check(lab, cases, ending=""):
    """How many cases there were.  ending   of the name of the run's directory"""
    found = [is_as_declared(lab, *one, ending) for one in cases]
    assert not [wrong for wrong in found if wrong]
    return sum(wrong is not None for wrong in found)


def test_a_sample_of_all_damages_ends_as_declared(lab):
    assert check(lab, random.Random(0).sample(ALL, 12)) > 6


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_damages_of_a_run_whose_name_is_no_utf_8_end_as_declared(lab, file):
    damages = ("lost", "cut", "types", "pipe", "link", "hard link", "unreadable")
    some = [one for one in ALL if one[0] == file and one[1] in damages and not one[2].startswith("sweep")]
    print(file, check(lab, some, "\udcff\udc9b31m"), "cases")


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_every_damage_of_a_file_ends_as_declared_for_every_command(lab, file):
    count = check(lab, [one for one in ALL if one[0] == file])
    print(file, count, "cases")
    assert count > 50


FEW = [
    ("summary.json", "cut", "sweep"),
    ("config.yaml", "lost", "sweep"),
    ("timing.jsonl", "unreadable", "resume"),
    ("checkpoints", "unreadable", "report"),
]


def test_a_few_damages_end_as_declared_below_a_directory_whose_name_is_no_text(lab):
    assert check(lab, FEW) == len(FEW)
    assert check(lab, [one for one in FEW if "sweep" not in one], "\udcff") == 2


def test_the_proof_catches_a_command_that_takes_what_is_damaged(lab, monkeypatch):
    monkeypatch.setitem(DAMAGES, "value", lambda path, lab: None)  # nothing happens, and all goes on
    assert "exit 0, declared 5" in is_as_declared(lab, "metrics.jsonl", "value", "resume")
