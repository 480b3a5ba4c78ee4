"""Pictures of the decision boundary, which a run of two inputs leaves as it learns."""

import pytest

import nntrain
from nntrain.runs.made_files import made_files
from nntrain.training.frames import MOST_FRAMES

CONFIG = {
    "dataset": {"type": "moons", "examples": 20, "validation": 0.2},
    "architecture": [{"dense": 3}, "tanh", {"dense": 2}],
    "loss": "cross_entropy",
    "optimizer": {"adam": {"lr": 0.05}},
    "training": {"epochs": 3},
}


def fit(folder, name="run", **changes):
    return nntrain.fit({**CONFIG, **changes}, run_dir=folder / name, quiet=True).run_dir


def frames(run):
    return sorted(file.name for file in run.glob("samples/*"))


def test_every_epoch_leaves_one_and_of_many_epochs_as_many_as_can_be_looked_at(tmp_path):
    short = fit(tmp_path)
    assert frames(short) == [f"boundary_000{k}.png" for k in (1, 2, 3)]
    assert [name for name in made_files(short) if "samples" in name] == [f"samples/{name}" for name in frames(short)]
    long = frames(fit(tmp_path, "long", training={"epochs": 100}))
    assert long[0] == "boundary_0005.png"
    assert long[-1] == "boundary_0100.png"
    assert len(long) == 20 <= MOST_FRAMES


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": [{"dense": 20_000}, "tanh", {"dense": 2}]},
        {"dataset": {"type": "digits", "validation": 0.1}, "architecture": ["flatten", {"dense": 10}]},
        {"dataset": {"type": "moons", "examples": 20, "validation": 0.2, "reconstruct": True}, "loss": "mse"},
    ],
    ids=["large", "images", "values"],
)
def test_other_networks_leave_none(tmp_path, changes):
    assert frames(fit(tmp_path, **changes, training={"epochs": 1})) == []


@pytest.mark.parametrize("kind", ["file", "link", "unwritable"])
def test_where_they_cannot_be_written_the_run_goes_on(tmp_path, kind):
    """And the checkpoints know nothing of them."""
    run, other = tmp_path / "run", tmp_path / "elsewhere"
    whole = fit(tmp_path, "whole", training={"epochs": 2})
    run.mkdir()
    (run / ".nntrain-lock").touch()  # as of a run that was killed before it had anything
    other.mkdir()
    if kind == "file":
        (run / "samples").write_text("mine")
    elif kind == "link":
        (run / "samples").symlink_to(other)
    else:
        (run / "samples" / "boundary_0001.png").mkdir(parents=True)
    nntrain.fit({**CONFIG, "training": {"epochs": 2}}, run_dir=run, quiet=True, on_exist="resume")
    assert [*other.iterdir()] == []
    for name in ("metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
