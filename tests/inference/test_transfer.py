"""`start` takes parameters where names and shapes fit, says which, and is needed no more once a run has begun."""

import json
import os
import zipfile

import numpy as np
import pytest

from nntrain import config as configs
from nntrain.builder import build
from nntrain.errors import CheckpointError, ConfigError
from nntrain.files import safetensors
from nntrain.inference.transfer import begin
from nntrain.training import session

CONFIG = {
    "name": "body",
    "dataset": {"type": "moons", "examples": 60},
    "architecture": [{"dense": 7}, "batch_norm", "relu", {"dense": {"units": 2, "name": "logits"}}],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    "training": {"steps": 3},
}
NAMES = ["dense_1.W", "dense_1.b", *(f"batch_norm_1.{name}" for name in ("gamma", "beta", "mean", "variance"))]


@pytest.fixture
def body(tmp_path):
    return session.fit(CONFIG, run_dir=tmp_path / "body").run_dir


def saved(run):
    with np.load(run / "checkpoints" / "best.npz") as file:
        return {name: file[name] for name in file.files if "/" not in name and name not in ("manifest", "digest")}


def started(**start):
    """The parameters that a config with this start begins with, and what was said."""
    model = build(configs.read({**CONFIG, "seed": 5, "start": start}))
    taken = begin(model)
    network = model.networks["network"]
    return network.layout.arrays(network.theta), taken


def test_everything_that_fits_is_taken_from_a_run_its_checkpoint_and_plain_files(body, tmp_path):
    arrays = saved(body)
    np.savez(tmp_path / "plain.npz", **arrays)
    (tmp_path / "plain.safetensors").write_bytes(safetensors.dump(arrays))
    for place in (body, body / "checkpoints" / "last.npz", tmp_path / "plain.npz", tmp_path / "plain.safetensors"):
        theta, taken = started(**{"from": str(place)})
        assert sorted(taken.names) == sorted([*NAMES, "logits.W", "logits.b"])
        if "last" not in place.name:
            assert all(np.array_equal(theta[name], arrays[name]) for name in arrays), place


def test_layers_choose_and_map_renames_a_parameter_or_a_layer(body, tmp_path):
    arrays = saved(body)
    theta, taken = started(**{"from": str(body), "layers": ["dense_1", "*.gamma"]})
    assert set(taken.names) == {"dense_1.W", "dense_1.b", "batch_norm_1.gamma"}
    other = {"fc.weight": arrays["dense_1.W"], "fc.bias": arrays["dense_1.b"][:, 0], "head.W": arrays["logits.W"]}
    np.savez(tmp_path / "other.npz", **other)  # as PyTorch names and shapes them
    renamed = {"dense_1.W": "fc.weight", "dense_1.b": "fc.bias", "logits": "head"}
    theta, taken = started(**{"from": str(tmp_path / "other.npz"), "map": renamed})
    assert taken.names == ("dense_1.W", "dense_1.b", "logits.W")
    assert np.array_equal(theta["dense_1.b"], arrays["dense_1.b"])
    assert taken.left["logits.b"] == "there is no head.b"


def test_what_does_not_fit_is_told_and_keeps_its_own_initial_values(body, nntrain):
    config = {**CONFIG, "name": "next", "start": {"from": str(body)}}
    config["architecture"] = [*CONFIG["architecture"][:3], {"dense": {"units": 2, "bias": False, "name": "head"}}]
    (body.parent / "next.yaml").write_text(json.dumps(config))
    told = nntrain("fit", "next.yaml", "--run-dir", "run").stderr.splitlines()
    assert told[0] == f"start: 6 of 7 parameters are those of {body}/checkpoints/best.npz"
    assert told[1] == "start: not taken: head.W: there is none of its name"
    assert told[2] == f"start: not used: logits.W and logits.b of {body}/checkpoints/best.npz"
    meta = json.loads((body.parent / "run" / "meta.json").read_text())["start"]
    assert meta["taken"] == NAMES
    assert meta["not_taken"] == {"head.W": "there is none of its name"}
    config["architecture"][0] = {"dense": 9}
    model = build(configs.read(config))
    with pytest.raises(
        CheckpointError, match=r"no parameter of .* fits: dense_1.W: there it is \(7, 2\), here \(9, 2\)"
    ):
        begin(model)


def test_the_run_needs_what_it_began_from_no_more(body, nntrain):
    config = {**CONFIG, "name": "next", "start": {"from": "body"}, "training": {"steps": 6}}
    (body.parent / "next.yaml").write_text(json.dumps(config))
    nntrain("fit", "next.yaml", "--run-dir", "whole", "-q")
    nntrain("fit", "next.yaml", "--run-dir", "cut", "-q", "--max-seconds", 0, code=143)
    body.rename(body.parent / "gone")
    nntrain("resume", "cut", "-q")
    nntrain("fit", "next.yaml", "--run-dir", "cut", "--on-exist", "resume", "-q")
    last = [(body.parent / run / "checkpoints" / "last.npz").read_bytes() for run in ("whole", "cut")]
    assert last[0] == last[1]
    nntrain("eval", "cut")
    told = nntrain("fit", "next.yaml", "--run-dir", "new", "-q", code=5).stderr
    assert told == f"error: {body}: there is no such checkpoint\n"
    assert not (body.parent / "new").exists()


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ({"layers": ["dens_1"]}, "start: error: layers: no parameter is called 'dens_1'; did you mean 'dense_1'?"),
        ({"map": {"dens_1": "logits"}}, "map: no parameter here is called 'dens_1'; did you mean 'dense_1'?"),
        ({"map": {"dense_1": "logit"}}, "body is called 'logit'; did you mean 'logits'?"),
    ],
)
def test_a_name_that_fits_nothing_is_told(body, start, told):
    with pytest.raises(ConfigError) as error:
        started(**{"from": str(body)}, **start)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.npz", b"PK\3\4 broken"),
        ("x.npz", b""),
        ("x.safetensors", b"123"),
        ("x.safetensors", b"\0" * 40),
        ("x.txt", b"hello"),
    ],
)
def test_a_file_that_is_none_is_exit_5_in_one_line(body, nntrain, name, content):
    (body.parent / name).write_bytes(content)
    (body.parent / "next.yaml").write_text(json.dumps({**CONFIG, "start": {"from": name}}))
    told = nntrain("fit", "next.yaml", code=5).stderr
    assert told.count("\n") == 1
    assert name in told


def test_the_learning_rate_test_begins_there_too(body, nntrain):
    (body.parent / "next.yaml").write_text(json.dumps({**CONFIG, "start": {"from": "nothing"}}))
    nntrain("find-lr", "next.yaml", code=5)
    nntrain("fit", "next.yaml", "--dry-run", code=5)


def test_what_other_programs_wrote_wrongly_is_told_in_their_words(body, nntrain):
    folder = body.parent
    with zipfile.ZipFile(folder / "t.pt", "w") as file:
        file.writestr("archive/data.pkl", b"")
    np.savez(folder / "objects.npz", a=np.array([None]))
    np.save(folder / "x.npy", np.zeros(3))
    np.savez(folder / "nan.npz", **{"dense_1.b": np.full((7, 1), np.nan)})
    for name, said in {
        "t.pt": "torch.save wrote it; let safetensors.torch.save_file write the parameters",
        "objects.npz": "it holds objects of Python",
        "x.npy": "no checkpoint, .safetensors or .npz file\n",
        "nan.npz": "dense_1.b of",
    }.items():
        (body.parent / "next.yaml").write_text(json.dumps({**CONFIG, "start": {"from": name}}))
        (error,) = nntrain("fit", "-q", "next.yaml", code=5).stderr.splitlines(keepends=True)
        assert said in error


def pipe(path):
    os.mkfifo(path)


def endless(path):
    path.symlink_to("/dev/zero")


def directory(path):
    path.mkdir()
    (path / "checkpoints" / "best.npz").mkdir(parents=True)


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("dense_1.W.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": (7, 4_000_000)})
        for _ in range(112):
            member.write(bytes(1_000_000))


@pytest.mark.parametrize("make", [pipe, endless, directory, bomb])
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_is_no_file_of_parameters_is_one_line_at_once(tmp_path, make, suffix):
    make(tmp_path / f"net{suffix}")
    with pytest.raises(CheckpointError, match="net"):
        started(**{"from": str(tmp_path / f"net{suffix}")})
