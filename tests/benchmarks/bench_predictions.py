"""Whole processes that evaluate and predict: 60,000 images through a CNN beside PyTorch, a million rows of csv through
an MLP beside PyTorch and scikit-learn with pandas.  Their processor time and seconds ÷ nntrain's, one thread.

pip install '.[bench]' pandas && python tests/benchmarks/bench_predictions.py [ROUNDS] [--quick]

The data are drawn at random, the parameters untrained: neither changes the time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import paired  # noqa: F401  first: sets the BLAS variables before NumPy is imported, here and in the children

# isort: split

import numpy as np

IMAGES, ROWS, COLUMNS = 60_000, 1_000_000, [f"c{i}" for i in range(10)]
WORDS = np.array(["high", "low", "middle"])
CNN = """
name: images
dataset: {type: npz, path: few.npz, validation: 0.1}
architecture:
  - conv2d: {filters: 32, kernel: 3, padding: same}
  - relu
  - max_pool2d: 2
  - conv2d: {filters: 64, kernel: 3, padding: same}
  - relu
  - max_pool2d: 2
  - flatten
  - dense: 128
  - relu
  - dense: $dataset.classes
loss: cross_entropy
optimizer: {type: sgd, lr: 0.01}
metrics: [accuracy]
training: {epochs: 1}
"""
MLP = """
name: rows
dataset: {type: csv, path: few.csv, target: y, standardize: true, validation: 0.1}
architecture: [{dense: 64}, relu, {dense: 32}, relu, {dense: $dataset.classes}]
loss: cross_entropy
optimizer: {type: sgd, lr: 0.01}
metrics: [accuracy]
training: {epochs: 1}
"""


def torch_images(what):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    layers = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)]
    model, data = nn.Sequential(*layers).eval(), np.load("images.npz")
    X, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"].astype(np.int64))
    with torch.inference_mode():
        Z = torch.cat([model(part.float() / 255) for part in X.split(256)])
    if what == "predict":
        np.savetxt("theirs.csv", Z.argmax(1).numpy(), fmt="%d")
    else:
        print(float(nn.functional.cross_entropy(Z, y)), float((Z.argmax(1) == y).float().mean()))


def torch_rows(what):
    import pandas as pd
    import torch
    from torch import nn

    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3)).eval()
    table = pd.read_csv("rows.csv" if what == "eval" else "inputs.csv")
    X = torch.from_numpy(((table[COLUMNS].to_numpy() - 0.01) / 1.01).astype(np.float32))
    with torch.inference_mode():
        Z = torch.cat([model(part) for part in X.split(4096)])
    if what == "predict":
        pd.DataFrame({"prediction": WORDS[Z.argmax(1).numpy()]}).to_csv("theirs.csv", index=False)
    else:
        y = torch.from_numpy(np.searchsorted(WORDS, table["y"].to_numpy(str)))
        print(float(nn.functional.cross_entropy(Z, y)), float((Z.argmax(1) == y).float().mean()))


def sklearn_rows(what):
    import joblib
    import pandas as pd
    from sklearn.metrics import accuracy_score, log_loss
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if what == "fit":
        few = pd.read_csv("few.csv")
        model = make_pipeline(StandardScaler(), MLPClassifier((64, 32), max_iter=1))
        joblib.dump(model.fit(few[COLUMNS], few["y"]), "model.joblib")
        return
    model, table = joblib.load("model.joblib"), pd.read_csv("rows.csv" if what == "eval" else "inputs.csv")
    if what == "predict":
        pd.DataFrame({"prediction": model.predict(table)}).to_csv("theirs.csv", index=False)
    else:
        P = model.predict_proba(table[COLUMNS])
        print(log_loss(table["y"], P), accuracy_score(table["y"], model.classes_[P.argmax(1)]))


PEERS = {"torch_images": torch_images, "torch_rows": torch_rows, "sklearn_rows": sklearn_rows}


def make(nntrain, share):
    """Data, configs, and a run of one epoch on a few examples, in the working directory."""
    random, images, rows = np.random.default_rng(0), int(IMAGES * share), int(ROWS * share)
    x, y = random.integers(0, 256, (images, 1, 28, 28), np.uint8), random.integers(0, 10, images)
    np.savez("images.npz", x=x, y=y)
    np.savez("few.npz", x=x[:500], y=y[:500])
    np.save("images.npy", x)
    words = WORDS[random.integers(0, 3, rows)]
    cells = [column.tolist() for column in random.normal(size=(10, rows)).round(4)]
    lines = [",".join(map(repr, row)) for row in zip(*cells, strict=True)]
    header = ",".join(COLUMNS)
    labelled = [f"{line},{word}" for line, word in zip(lines, words, strict=True)]
    Path("inputs.csv").write_text("\n".join([header, *lines, ""]))
    Path("rows.csv").write_text("\n".join([f"{header},y", *labelled, ""]))
    Path("few.csv").write_text("\n".join([f"{header},y", *labelled[:2000], ""]))
    for name, config in (("images", CNN), ("rows", MLP)):
        Path(f"{name}.yaml").write_text(config)
        subprocess.run([*nntrain, "fit", "-q", f"{name}.yaml", "--run-dir", name], check=True)
    subprocess.run([sys.executable, "-W", "ignore", __file__, "sklearn_rows", "fit"], check=True)


def main():
    if sys.argv[1:2] and sys.argv[1] in PEERS:
        PEERS[sys.argv[1]](sys.argv[2])
        return
    from workloads import process_seconds  # not in the peers' processes, which need none of it

    quick = "--quick" in sys.argv
    rounds = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
    this, nntrain = [sys.executable, "-W", "ignore", os.path.abspath(__file__)], [sys.executable, "-m", "nntrain"]
    tasks = {
        "eval of 60,000 images": ([*nntrain, "eval", "images", "dataset.path=images.npz"], ["torch_images eval"]),
        "predict": ([*nntrain, "predict", "images", "images.npy", "-o", "ours.csv"], ["torch_images predict"]),
        "eval of 1,000,000 rows": (
            [*nntrain, "eval", "rows", "dataset.path=rows.csv"],
            ["torch_rows eval", "sklearn_rows eval"],
        ),
        "predict ": (
            [*nntrain, "predict", "rows", "inputs.csv", "-o", "ours.csv"],
            ["torch_rows predict", "sklearn_rows predict"],
        ),
    }
    with tempfile.TemporaryDirectory() as lab:
        os.chdir(lab)
        make(nntrain, 0.05 if quick else 1)
        for name, (ours, peers) in tasks.items():
            commands = [[*ours, "--threads", "1"], *([*this, *peer.split()] for peer in peers)]
            found = [[process_seconds(command) for command in commands] for _ in range(rounds)]
            for k, peer in enumerate(peers, 1):
                clock, processor = (statistics.median(row[k][i] / row[0][i] for row in found) for i in (0, 1))
                print(f"{name:24} {peer.split()[0]:14} processor {processor:5.2f}   clock {clock:5.2f}", flush=True)
        os.chdir("/")


if __name__ == "__main__":
    main()
