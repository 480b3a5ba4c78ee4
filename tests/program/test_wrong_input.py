"""Bad input: the right exit code, a line with the place and what to do, no traceback, nothing left behind."""

from pathlib import Path

import pytest

from nntrain import runs

GOOD = """\
dataset: {type: digits}
architecture:
  - flatten
  - dense: 16
  - relu
  - dense: {units: $dataset.classes, name: logits}
loss: cross_entropy
optimizer: {type: sgd, lr: 0.1}
metrics: [accuracy]
training: {epochs: 1}
"""
OPTIMIZER = "optimizer: {type: sgd, lr: 0.1}"
TABLE = "dataset: {type: csv, path: table.csv}"


def swap(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


CONFIGS = {
    "unknown key": (
        swap(OPTIMIZER, "optimizer: {type: sgd, lr: 0.1, momentun: 0.9}"),
        "c.yaml:8:33: error: optimizer: sgd has no 'momentun'; did you mean 'momentum'?",
    ),
    "unknown section": (GOOD + "trainig: {}\n", "c.yaml:11:1: error: ", "'trainig'", "did you mean 'training'?"),
    "misspelled component": (
        swap("- dense: 16", "- dens: 16"),
        "c.yaml:4:5: error: ",
        "'dens'",
        "did you mean 'dense'?",
    ),
    "component of another kind": (swap("- relu", "- mse"), "c.yaml:5:5: error: ", "mse", "loss"),
    "wrong type": (swap("- dense: 16", "- dense: many"), "c.yaml:4:12: error: ", "units", "'many'"),
    "missing key": (swap("loss: cross_entropy\n", ""), "c.yaml:", "loss"),
    "missing argument": (swap("- dense: 16", "- dense"), "c.yaml:4:5: error: ", "units"),
    "out of range": (swap("lr: 0.1", "lr: -1"), "c.yaml:8:28: error: ", "lr", "-1"),
    "not a number": (swap("lr: 0.1", "lr: .nan"), "c.yaml:8:28: error: ", "lr"),
    "bad reference": (swap("$dataset.classes", "$dataset.clases"), "c.yaml:6:20: error: ", "did you mean", "classes"),
    "duplicate key": (GOOD + "loss: mse\n", "c.yaml:11:1: error: ", "loss"),
    "broken yaml": (swap("[accuracy]", "[accuracy"), "c.yaml:", "error: "),
    "empty file": ("", "c.yaml:", "error: "),
    "shapes that cannot fit": (swap("  - flatten\n", ""), "c.yaml:3:5: error: ", "dense", "(1, 8, 8)", "flatten"),
    "too few outputs": (swap("$dataset.classes", "3"), "error: ", "10 outputs", "(3,)"),
    "softmax twice": (swap("loss:", "  - softmax\nloss:"), "c.yaml:7:5: error: ", "softmax", "remove"),
    "augmentation of no image": (
        swap("{type: digits}", "\n  type: moons\n  augment:\n    - crop\n"),
        "c.yaml:4:7: error: dataset.augment.0: crop: expected images (C, H, W), the dataset gives (2,)",
    ),
    "output without room": (
        swap("  - flatten\n", "  - pad2d: 100000000\n  - flatten\n"),
        "c.yaml:3:5: error: architecture.0: pad2d: an output of (1, 200000008, 200000008) (an image) takes ",
        " GiB for each example; this machine has ",
    ),
    "stride beyond every image": (
        swap("  - flatten\n", "  - conv2d: {filters: 2, kernel: 3, stride: 9223372036854775807}\n  - flatten\n"),
        "c.yaml:3:5: error: architecture.0: conv2d: stride is at most 1,000,000, not 9,223,372,036,854,775,807",
    ),
    "dilation beyond every image": (
        swap(
            "  - flatten\n",
            "  - conv2d: {filters: 2, kernel: 3, dilation: 1000000000000, padding: same}\n  - flatten\n",
        ),
        "c.yaml:3:5: error: architecture.0: conv2d: dilation is at most 1,000,000, not 1,000,000,000,000",
    ),
    "too large": (swap("dense: 16", "dense: 1000000000"), "c.yaml:4:5: error: ", "GiB"),
    "no steps": (swap("{type: digits}", "{type: digits, batch_size: 5000, drop_last: true}"), "drop_last"),
    "no validation part": (
        swap("{type: digits}", "{type: digits, validation: 0}").replace(
            "{epochs: 1}", "{epochs: 1, monitor: validation.accuracy}"
        ),
        "needs a validation part",
    ),
    "metric that is not listed": (
        swap("{epochs: 1}", "{epochs: 1, monitor: validation.f1}"),
        "c.yaml:10:32: error: training.monitor: expected",
    ),
    "labels for a regression": (swap("cross_entropy", "mse"), "mse", "label"),
}


def check(nntrain, code, *expected, arguments=()):
    result = nntrain("fit", "c.yaml", *arguments, code=code)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for text in expected:
        assert text in result.stderr
    assert not Path("runs").exists()
    return result.stderr


@pytest.mark.parametrize("case", CONFIGS)
def test_a_wrong_config_is_exit_2_with_the_place_and_leaves_nothing(case, nntrain):
    text, *expected = CONFIGS[case]
    Path("c.yaml").write_text(text)
    told = check(nntrain, 2, *expected)
    assert len(told.splitlines()) == 1


def test_all_problems_of_a_config_are_told_at_once(nntrain):
    Path("c.yaml").write_text(swap("- relu", "- rellu").replace("lr: 0.1", "lr: -1").replace("epochs: 1", "epoch: 1"))
    told = check(nntrain, 2, "'rellu'", "lr", "'epoch'", "did you mean 'epochs'?")
    assert len(told.splitlines()) >= 3


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("optimizer.lrr=1", "override optimizer.lrr: error: optimizer: sgd has no 'lrr'; did you mean 'lr'?"),
        ("architecture.9.units=3", "override architecture.9.units: error: "),
        ("optimizer.lr=fast", "override optimizer.lr: error: "),
        ("optimizer", "error: "),
        ("architecture.logit.units=3", "did you mean 'logits'?"),
    ],
)
def test_a_wrong_override_is_named_as_one(override, expected, nntrain):
    Path("c.yaml").write_text(GOOD)
    check(nntrain, 2, expected, arguments=[override])


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("1,2,0\n3,4,1\n5,6\n7,8,1\n", "table.csv:3"),
        ("1,2,0\n3,,1\n5,6,0\n", "table.csv:2:2"),
        ("1,2,0\n3,1_0,1\n5,6,0\n", "table.csv:"),
        ("1,2,0\n3,nan,1\n5,6,0\n", "table.csv:2:2"),
        ("", "table.csv"),
    ],
)
def test_wrong_data_are_exit_3_with_row_and_column(table, place, nntrain):
    Path("c.yaml").write_text(swap("dataset: {type: digits}", TABLE).replace("  - flatten\n", ""))
    Path("table.csv").write_text(table)
    check(nntrain, 3, place, "error: ")


def test_a_label_out_of_range_is_exit_3(nntrain):
    import numpy as np

    np.savez("d.npz", x=np.zeros((4, 2)), y=np.array([0, 1, 7, 1]))
    Path("c.yaml").write_text(swap("{type: digits}", "{type: npz, path: d.npz, classes: 3}"))
    check(nntrain, 3, "d.npz", "7")


def test_the_wrong_kind_of_file_is_one_line_that_says_which_is_the_right_one(nntrain):
    Path("c.yaml").write_text(GOOD)
    nntrain("fit", "c.yaml", "--run-dir", "r", "-q")
    Path("junk.npz").write_text("junk")
    Path("empty.npz").write_text("")
    Path("s.yaml").write_text("config: c.yaml\ngrid: {seed: [1]}\n")
    cases = [
        (("fit", "s.yaml"), 2, "s.yaml:1:1: error: this is a sweep, not a config; nntrain sweep takes it"),
        (("fit", "r/checkpoints/last.npz"), 2, "last.npz: error: is a checkpoint or another archive, not a config"),
        (("sweep", "r"), 2, "r: error: is a directory, not a config"),
        (("runs", "c.yaml"), 2, "c.yaml: a file; give a directory of runs"),
        (("eval", "junk.npz"), 5, "junk.npz: not a good checkpoint: it does not begin as an .npz does"),
        (("eval", "empty.npz"), 5, "empty.npz: not a good checkpoint: it does not begin as an .npz does"),
        (("eval", "c.yaml"), 5, "c.yaml: a config holds no parameters; give a checkpoint or the run directory"),
        (("predict", "c.yaml", "x.csv"), 5, "c.yaml: a config holds no parameters"),
        (("sample", "c.yaml"), 5, "c.yaml: a config holds no parameters"),
        (("fit", "r"), 2, "r: error: is a directory, not a config"),
        (("resume", "c.yaml"), 5, "c.yaml: a file; give the run directory\n"),
        (
            ("resume", "r/checkpoints/last.npz"),
            5,
            f"last.npz: a file; give the run directory, {Path('r').absolute()}\n",
        ),
        (("compare", "r/checkpoints/best.npz"), 2, f"a file; give the run directory, {Path('r').absolute()}\n"),
        (("report", "c.yaml"), 2, "c.yaml: a file; give the run directory\n"),
    ]
    for arguments, code, expected in cases:
        told = nntrain(*arguments, code=code).stderr
        assert expected in told
        assert len(told.splitlines()) == 1


def test_missing_files_name_themselves(nntrain):
    check(nntrain, 2, "c.yaml")
    Path("c.yaml").write_text(swap("dataset: {type: digits}", TABLE))
    check(nntrain, 3, "table.csv")
    for command in ("eval", "predict"):
        told = nntrain(command, "nowhere.npz", *(["x.csv"] if command == "predict" else []), code=5)
        assert "nowhere.npz" in told.stderr


def test_the_file_is_checked_before_the_data_and_the_data_before_shapes(nntrain):
    text = swap("dataset: {type: digits}", TABLE).replace("$dataset.classes", "3")
    Path("c.yaml").write_text(text.replace("lr: 0.1", "lr: -1"))
    check(nntrain, 2, "lr")
    Path("c.yaml").write_text(text)
    check(nntrain, 3, "table.csv")


def test_a_run_directory_that_exists_is_exit_6_unless_told_otherwise(nntrain):
    Path("c.yaml").write_text(GOOD)
    nntrain("fit", "c.yaml", "--run-dir", "r")
    before = {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()}
    assert "exists already" in nntrain("fit", "c.yaml", "--run-dir", "r", code=6).stderr
    for mode in ("skip", "resume"):
        assert nntrain("fit", "c.yaml", "--run-dir", "r", "--on-exist", mode).stdout == "r\n"
        assert {path: path.read_bytes() for path in Path("r").rglob("*") if path.is_file()} == before
    nntrain("fit", "c.yaml", "seed=1", "--run-dir", "r", "--on-exist", "replace")
    Path("other").mkdir()
    Path("other/file").write_text("mine")
    nntrain("fit", "c.yaml", "--run-dir", "other", "--on-exist", "replace", code=6)
    assert Path("other/file").read_text() == "mine"


def test_a_dry_run_writes_nothing(nntrain):
    Path("c.yaml").write_text(GOOD)
    for more in ((), ("--run-dir", "a/b")):
        assert nntrain("fit", "c.yaml", "--dry-run", *more).stdout == ""
    assert sorted(Path().iterdir()) == [Path("c.yaml")]


def test_a_dry_run_into_a_directory_that_fit_would_refuse_is_exit_6_too(nntrain):
    Path("c.yaml").write_text(GOOD)
    Path("other").mkdir()
    Path("other/file").write_text("mine")
    for arguments in (("other",), ("other", "--on-exist", "replace"), ("c.yaml", "--on-exist", "skip")):
        refused = [nntrain("fit", "c.yaml", "--run-dir", *arguments, *dry, code=6) for dry in ((), ("--dry-run",))]
        assert refused[0].stderr == refused[1].stderr
    with runs.open_exact("live"):
        told = nntrain("fit", "c.yaml", "--run-dir", "live", "--on-exist", "resume", "--dry-run", code=6).stderr
        assert "in use by process" in told
        nntrain("fit", "c.yaml", "--run-dir", "live", "--on-exist", "skip", "--dry-run")
    nntrain("fit", "c.yaml", "--run-dir", "live", "--on-exist", "replace", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("fit", "c.yaml", "--on-exist", "resume"),
            "error: --on-exist resume: only where --run-dir names the directory",
        ),
        (("fit", "c.yaml", "--on-exist", "skip", "--dry-run"), "error: --on-exist skip: only where --run-dir"),
        (("runs", ".", "--json", "--csv"), "error: --json and --csv: one of them"),
        (("compare", ".", "--json", "--csv"), "error: --json and --csv: one of them"),
    ],
)
def test_options_that_contradict_each_other_are_exit_2_with_one_line(nntrain, arguments, expected):
    Path("c.yaml").write_text(GOOD)
    told = nntrain(*arguments, code=2).stderr
    assert told.startswith(expected)
    assert len(told.splitlines()) == 1


def test_the_last_line_of_a_run_says_which_epoch_of_how_many_was_the_best(nntrain):
    Path("c.yaml").write_text(GOOD)
    stopping = ["training.epochs=9", "training.early_stopping={patience: 1, min_delta: 9}"]
    told = nntrain("fit", "c.yaml", *stopping).stderr.splitlines()
    assert told[-1].startswith("stopped early: best epoch 2 of 2, validation: loss ")


def test_lines_of_progress_name_their_step_where_an_epoch_has_several(nntrain):
    Path("c.yaml").write_text(GOOD)
    told = nntrain("fit", "c.yaml", "training.steps=4", "training.evaluate={steps: 2}").stderr.splitlines()
    assert [line.partition("  train:")[0] for line in told[:-1]] == ["epoch 1  step 2", "epoch 1  step 4"]


def test_divergence_is_exit_4_and_keeps_a_finite_checkpoint(nntrain):
    import numpy as np

    Path("c.yaml").write_text(GOOD)
    told = nntrain("fit", "c.yaml", "optimizer.lr=1e12", "--run-dir", "r", code=4).stderr
    assert "diverged at step" in told
    with np.load("r/checkpoints/last.npz") as saved:
        assert all(np.isfinite(saved[name]).all() for name in saved.files)
    assert '"diverged"' in Path("r/status.json").read_text()


def test_resume_refuses_what_would_make_it_another_run(nntrain):
    Path("c.yaml").write_text(GOOD)
    nntrain("fit", "c.yaml", "--run-dir", "r")
    told = nntrain("resume", "r", "optimizer.lr=0.5", "architecture.1.units=8", code=2).stderr
    for text in ("optimizer.lr", "0.1", "0.5", "units", "16", "8"):
        assert text in told
    nntrain("resume", "r", "training.epochs=2")
    assert len(Path("r/metrics.jsonl").read_text().splitlines()) == 2
