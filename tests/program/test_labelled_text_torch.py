"""The language of a name, learned beside the same network in PyTorch: from the same start, in the same order."""

import json
from pathlib import Path

import numpy as np
import pytest

from nntrain.data import LabelledText
from nntrain.data.loader import batches

CONFIG = """\
name: names
dataset: {{type: labelled_text, path: {path}, unit: character, validation: 0, test: 0.2}}
architecture: [embedding: 16, gru: {{units: 32, output: last}}, dense: $dataset.classes]
loss: cross_entropy
optimizer: {{type: adam, lr: 5e-3}}
metrics: [accuracy]
training: {{epochs: {epochs}}}
"""


def torch_accuracy(torch, start, data, settings, seed, epochs):
    """Accuracy on the test part of PyTorch's Embedding, GRU and Linear, packed by length."""
    from torch import nn

    at = {name: torch.from_numpy(array) for name, array in start.items()}
    embedding = nn.Embedding(*at["embedding_1.W"].T.shape)
    gru, dense = nn.GRU(16, 32), nn.Linear(32, data.facts.classes)
    with torch.no_grad():
        for parameter, name in (
            (embedding.weight, "embedding_1.W"),
            (gru.weight_ih_l0, "gru_1.W"),
            (gru.weight_hh_l0, "gru_1.U"),
            (gru.bias_ih_l0, "gru_1.b"),
            (gru.bias_hh_l0, "gru_1.b_u"),
            (dense.weight, "dense_1.W"),
            (dense.bias, "dense_1.b"),
        ):
            value = at[name].T if name == "embedding_1.W" else at[name]
            parameter.copy_(value.reshape(parameter.shape))
    parameters = [p for module in (embedding, gru, dense) for p in module.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=5e-3)

    def scores(batch):
        packed = nn.utils.rnn.pack_padded_sequence(
            embedding(torch.from_numpy(batch.X)), torch.from_numpy(batch.lengths), enforce_sorted=False
        )
        return dense(gru(packed)[1][0])

    for epoch in range(epochs):
        for batch in batches(data.parts["train"], settings, seed, epoch):
            optimizer.zero_grad()
            nn.functional.cross_entropy(scores(batch), torch.from_numpy(batch.Y)).backward()
            optimizer.step()
    test = data.parts["test"].batch(np.arange(data.parts["test"].size))
    return float((scores(test).argmax(1).numpy() == test.Y).mean())


@pytest.mark.slow
def test_accuracy_is_pytorchs_within_a_point(configs, nntrain, tmp_path):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    path, epochs = configs / "data" / "given_names.csv", 12
    (tmp_path / "c.yaml").write_text(CONFIG.format(path=path, epochs=epochs))
    settings = LabelledText(path, unit="character", validation=0, test=0.2)
    ours, theirs = [], []
    for seed in range(5):
        run = f"run-{seed}"
        nntrain(
            "fit", "-q", "c.yaml", f"seed={seed}", "optimizer.lr=0", "training.steps=1", "--run-dir", f"start-{seed}"
        )
        with np.load(Path(f"start-{seed}") / "checkpoints" / "last.npz") as saved:
            start = {name: saved[name] for name in saved.files if name.endswith((".W", ".U", ".b", ".b_u"))}
        nntrain("fit", "-q", "c.yaml", f"seed={seed}", "--run-dir", run)
        ours.append(json.loads(nntrain("eval", run, "--which", "last", "--json").stdout)["accuracy"])
        data = settings.load(seed, "float32")
        theirs.append(torch_accuracy(torch, start, data, settings, seed, epochs))
    print(f"accuracy: nntrain {np.mean(ours):.4f}, PyTorch {np.mean(theirs):.4f}")
    assert abs(np.mean(ours) - np.mean(theirs)) < 0.01
