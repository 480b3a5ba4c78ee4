"""Autoencoders from the shell: images to images, in units; a variational one also draws."""

import json
from pathlib import Path

import numpy as np


def test_an_autoencoder_reconstructs_digits_and_predict_gives_pixels(configs, nntrain):
    run = nntrain("fit", "-q", configs / "digits_autoencoder.yaml", "training.epochs=15").stdout.strip()
    found = json.loads(nntrain("eval", run, "--json").stdout)
    assert found["rmse"] < 0.13  # the mean image is off by 0.27
    images = _digits()
    np.save("images.npy", images)
    nntrain("predict", run, "images.npy", "-o", "again.npy")
    again = np.load("again.npy")
    assert again.shape == (len(images), 64)
    assert 0 <= again.min() <= again.max() <= 1
    assert np.sqrt(np.mean((again - images.reshape(-1, 64)) ** 2)) < 0.13
    nntrain("report", run, "-o", "page.html")
    page = Path("page.html").read_text()
    assert "<h3>Reconstructions" in page
    assert "Not judged" not in page  # labels that it never saw are no reproach


def test_a_variational_autoencoder_logs_loss_and_kl_term_and_draws(configs, nntrain):
    run = Path(nntrain("fit", "-q", configs / "digits_vae.yaml", "training.epochs=15").stdout.strip())
    first, *_, last = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for part in ("train", "validation"):
        assert last[part]["cost"] > last[part]["loss"] + 0.02
        assert last[part]["cost"] < first[part]["cost"]
    nntrain("sample", run, "-n", "300", "-o", "x.npy")
    X = np.load("x.npy")
    assert X.shape == (300, 1, 8, 8)
    real = _digits()
    nearest = ((X.reshape(300, 1, 64) - real.reshape(1, -1, 64)) ** 2).mean(-1).min(1)
    between = ((real[:300].reshape(-1, 1, 64) - real[300:].reshape(1, -1, 64)) ** 2).mean(-1).min(1)
    assert np.sqrt(nearest.mean()) < 1.5 * np.sqrt(between.mean())  # a drawn digit is about as near to a real one
    assert X.std(axis=0).mean() > 0.5 * real.std(axis=0).mean()  # and they differ as the real ones do
    nntrain("sample", run, "-n", "9", "-o", "x.png")
    assert "draws nothing" in _plain(configs, nntrain)


def _plain(configs, nntrain):
    run = nntrain("fit", "-q", configs / "digits_autoencoder.yaml", "training.steps=1").stdout.strip()
    return nntrain("sample", run, "-o", "x.png", code=2).stderr


def _digits():
    from nntrain.data.digits import Digits

    part = Digits(validation=0.0).load(0, np.float32).parts["train"]
    return np.moveaxis(part.batch(np.arange(part.size)).X, -1, 0)
