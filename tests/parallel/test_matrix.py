"""The full count: every kind of training has one hash for any number of processes and threads, kills included."""

import os
import random
import signal
import time

import pytest
import yaml
from parallel.conftest import ROOT, bits, ranks_of
from program.test_pinned_bits import RESNET

import nntrain

pytestmark = pytest.mark.slow
KILLS = 25
CNN = ["training.steps=12", "training.evaluate.steps=6"]
KINDS = {
    "mlp": ("digits_mlp.yaml", ["training.steps=40"]),
    "cnn": ("digits_cnn.yaml", CNN),
    "resnet": (RESNET, CNN),
    "lstm": ("adding_lstm.yaml", ["dataset.examples=800", "training.steps=10"]),
    "names": ("names_gru.yaml", ["training.steps=12"]),
    "text": ("char_lstm.yaml", ["training.steps=8"]),
    "gan": ("digits_gan.yaml", ["training.epochs=1", "training.loop.samples=4"]),
    "vae": ("digits_vae.yaml", ["training.steps=12"]),
    "augmentation": ("digits_cnn.yaml", ["dataset.augment=[{shift: 1}, {rotate: 10}]", *CNN]),
    "stopping": ("digits_mlp.yaml", ["training.epochs=30", "training.early_stopping={patience: 1, min_delta: 0.2}"]),
    "plateau": ("digits_mlp.yaml", ["training.epochs=6", "schedule={plateau: {patience: 1}}"]),
}


def source(name, folder):
    declared, overrides = KINDS[name]
    if isinstance(declared, dict):
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(declared))
    else:
        path = ROOT / "configs" / declared
    return path, [*overrides, "training.micro_batches=8"]


@pytest.mark.parametrize("name", KINDS)
def test_one_hash_for_any_number_of_processes_and_threads(name, mpi, tmp_path):
    path, overrides = source(name, tmp_path)
    nntrain.fit(path, overrides, run_dir=tmp_path / "one")
    expected = bits(tmp_path / "one")
    for processes in (1, 2, 3, 4, 5, 8):
        for threads in (1, 2):
            run = f"{name}-{processes}-{threads}"
            code, _, err = mpi.run(
                processes, "fit", path, *overrides, "--run-dir", run, "--threads", threads, "-q", seconds=300
            )
            assert code == 0, err
            assert bits(tmp_path / run) == expected, f"{processes} processes, {threads} threads"


@pytest.mark.parametrize("name", ["cnn", "text"])
def test_killed_at_random_and_gone_on_with_on_another_number(name, mpi, tmp_path):
    path, overrides = source(name, tmp_path)
    overrides += ["training.checkpoint={steps: 1}"]
    nntrain.fit(path, overrides, run_dir=tmp_path / "whole")
    draws = random.Random(name)
    for _ in range(KILLS):
        launched = mpi.start(
            draws.choice([2, 3, 5]), "fit", path, *overrides, "--run-dir", "run", "--on-exist", "resume", "-q"
        )
        time.sleep(draws.uniform(0.5, 4))
        for pid in draws.sample(found := ranks_of(launched), min(1, len(found))):
            os.kill(pid, signal.SIGKILL)
        launched.communicate(timeout=60)
    code, _, err = mpi.run(4, "fit", path, *overrides, "--run-dir", "run", "--on-exist", "resume", "-q")
    assert code == 0, err
    assert bits(tmp_path / "run") == bits(tmp_path / "whole")
