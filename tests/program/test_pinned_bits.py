"""Changes of the code's form change no bit of a run.

`tests/assets/bits.json` holds, for short runs of ten kinds, the SHA-256 of everything that was learned and logged.
Bits belong to a processor and a BLAS: the file also holds what some products and functions give there, and where they
give something else, the comparison is skipped.  After a change that is meant to change bits, made anew by

    PYTHONPATH=. python tests/program/test_pinned_bits.py
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import nntrain

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "tests" / "assets" / "bits.json"

RESNET = {
    "name": "resnet",
    "dataset": {"type": "digits", "validation": 0.1, "test": 0.2, "augment": [{"shift": 1}]},
    "architecture": [
        {"conv2d": {"filters": 8, "kernel": 3, "padding": "same", "bias": False}},
        "batch_norm",
        "relu",
        {
            "residual": {
                "layers": [
                    {"conv2d": {"filters": 16, "kernel": 3, "stride": 2, "padding": 1, "bias": False}},
                    "batch_norm",
                    "relu",
                    {"conv2d": {"filters": 16, "kernel": 3, "padding": "same", "bias": False}},
                    "batch_norm",
                ],
                "shortcut": [{"conv2d": {"filters": 16, "kernel": 1, "stride": 2, "bias": False}}, "batch_norm"],
            }
        },
        "relu",
        "global_avg_pool",
        {"dense": 10},
    ],
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4},
    "schedule": "cosine",
    "metrics": ["accuracy"],
    "training": {"steps": 20},
}
RUNS = {
    "mlp": ("digits_mlp.yaml", ["training.steps=60"]),
    "cnn": ("digits_cnn.yaml", ["training.steps=30"]),
    "resnet": (RESNET, []),
    "lstm": ("adding_lstm.yaml", ["dataset.examples=800", "training.steps=12"]),
    "text": ("char_lstm.yaml", ["training.steps=10"]),
    "names_gru": ("names_gru.yaml", ["training.steps=20"]),
    "gan": ("digits_gan.yaml", ["training.steps=20", "training.loop.samples=0"]),
    "vae": ("digits_vae.yaml", ["training.steps=40"]),
    "csv": ("wine_quality.yaml", ["training.steps=40"]),
    "series": ("temperatures_lstm.yaml", ["training.steps=20"]),
}


def canary():
    """What this machine makes of products and functions, by which the pinned bits hold or mean nothing."""
    sha = hashlib.sha256(np.__version__.encode())
    random = np.random.default_rng(0)
    for rows, inner, columns in ((10, 64, 32), (64, 64, 32), (256, 65, 64), (32, 288, 1024), (512, 784, 128)):
        A, B = random.standard_normal((rows, inner), np.float32), random.standard_normal((inner, columns), np.float32)
        sha.update((A @ B).tobytes() + (A @ np.ascontiguousarray(B.T).T).tobytes())
    x = random.standard_normal(4096, np.float32)
    for function in (np.exp, np.tanh, np.log1p, np.sum):
        sha.update(function(np.abs(x)).tobytes())
    return sha.hexdigest()


def bits(source, overrides, folder):
    """SHA-256 of the last checkpoint's arrays, by name, and of the log."""
    run = nntrain.fit(source if isinstance(source, dict) else ROOT / "configs" / source, overrides, run_dir=folder)
    sha = hashlib.sha256((run.run_dir / "metrics.jsonl").read_bytes())
    with np.load(run.run_dir / "checkpoints" / "last.npz", allow_pickle=False) as file:
        for name in file.files:
            if name not in ("manifest", "digest"):
                sha.update(f"{name} {file[name].dtype.str} {file[name].shape}\n".encode() + file[name].tobytes())
    return sha.hexdigest()


@pytest.mark.parametrize("name", RUNS)
def test_a_run_ends_in_the_bits_that_it_always_had(name, tmp_path):
    pinned = json.loads(PINNED.read_text())
    if canary() != pinned["canary"]:
        pytest.skip("another processor, BLAS or NumPy than the one that the bits are of")
    assert bits(*RUNS[name], tmp_path / name) == pinned["runs"][name]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as lab:
        runs = {name: bits(*run, Path(lab) / name) for name, run in RUNS.items()}
    PINNED.write_text(json.dumps({"canary": canary(), "runs": runs}, indent=2) + "\n")
    sys.exit()
