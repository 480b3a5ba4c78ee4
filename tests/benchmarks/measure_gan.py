"""What the GANs of configs/ draw, judged by a classifier trained on the real data, or by where the points lie.

    python tests/benchmarks/measure_gan.py moons 0 1 2 3 4
    python tests/benchmarks/measure_gan.py digits 0 1 2 3 4
    python tests/benchmarks/measure_gan.py mnist 0 -- dataset.root=DIR

Images: all ten classes among 1,000 drawn images, each at least 3 %, and a mean confidence of at least 0.9.
Moons: every tenth of each moon has a drawn point within 0.15.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nntrain
from nntrain.inference.load import find_checkpoint, load
from nntrain.layers import Context
from nntrain.runtime import threads

CONFIGS = Path(__file__).parents[2] / "configs"
DRAWN = 1000
# without label smoothing: a classifier trained to be less than sure is of no use as a judge
CLASSIFIERS = {
    "digits": ("digits_mlp.yaml", ["loss.label_smoothing=0", "training.monitor=validation.accuracy"]),
    "mnist": ("mnist_cnn.yaml", []),
}
GANS = {"moons": "moons_gan.yaml", "digits": "digits_gan.yaml", "mnist": "mnist_dcgan.yaml"}


def trained(config, overrides, run_dir):
    """The best (or last) checkpoint of a fresh run, its summary, and the seconds it took."""
    began = time.perf_counter()
    result = nntrain.fit(CONFIGS / config, overrides, run_dir=run_dir)
    return load(find_checkpoint(result.run_dir)[0]), result.summary, time.perf_counter() - began


def drawn(gan, seed):
    return gan.loop.game(gan).draw(DRAWN, seed, "measure")


def judge_images(X, classifier):
    """Shares of the classes that the classifier sees, and its mean confidence."""
    network = classifier.networks["network"]
    batches = np.array_split(np.ascontiguousarray(np.moveaxis(X, 0, -1)), 8, axis=-1)
    Z = [network.apply(np.ascontiguousarray(part), Context(training=False)) for part in batches]
    P = classifier.config.loss.predict(np.concatenate(Z, axis=-1))
    shares = np.bincount(P.argmax(axis=0), minlength=10) / X.shape[0]
    confidence = float(P.max(axis=0).mean())
    return shares.min() >= 0.03 and confidence >= 0.9, f"shares {shares.round(3)}  confidence {confidence:.3f}"


def judge_points(X):
    """Distance of the nearest drawn point from the middle of each tenth of each moon."""
    angle = np.pi * (np.arange(10) + 0.5) / 10
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    middles = np.concatenate([upper, lower])
    nearest = np.linalg.norm(X[:, None] - middles, axis=2).min(axis=0)
    return nearest.max() <= 0.15, f"tenths within {nearest[:10].max():.3f} (upper), {nearest[10:].max():.3f} (lower)"


def main(what, seeds, overrides):
    threads.set_threads(threads.available_cores())
    good = True
    with tempfile.TemporaryDirectory() as folder:
        if what != "moons":
            config, own = CLASSIFIERS[what]
            classifier, summary, _ = trained(config, [*own, *overrides], Path(folder) / "classifier")
            print(f"classifier: {summary['best']}", flush=True)
        for seed in seeds:
            gan, _, seconds = trained(GANS[what], [f"seed={seed}", *overrides], Path(folder) / f"gan-{seed}")
            X = drawn(gan, seed)
            passed, told = judge_points(X) if what == "moons" else judge_images(X, classifier)
            print(f"{what} seed {seed}: {'ok' if passed else 'MISSED'}  {told}  {seconds:.0f} s", flush=True)
            good &= bool(passed)
    return 0 if good else 1


if __name__ == "__main__":
    arguments, _, overrides = " ".join(sys.argv[2:]).partition("--")
    sys.exit(main(sys.argv[1], [int(seed) for seed in arguments.split()] or [0], overrides.split()))
