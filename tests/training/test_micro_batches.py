"""A batch in parts: the gradient of the whole, the memory of one part, bits of the config alone."""

import dataclasses
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import nntrain
from nntrain import config as configs
from nntrain.builder import build
from nntrain.data.array_part import ArrayPart
from nntrain.data.loader import batches, micro_batches
from nntrain.data.micro_batches import cut
from nntrain.errors import ConfigError, Interrupted
from nntrain.model.layer import Context
from nntrain.training.game import Game
from nntrain.training.gan import GANTrainer

DENSE = [{"dense": 7}, "tanh", {"dense": 3}]
SEQUENCE = {
    "lstm": [{"embedding": 5}, {"lstm": {"units": 6}}, {"dense": "$dataset.classes"}],
    "names": [{"embedding": 5}, {"gru": {"units": 6}}, {"dense": "$dataset.classes"}],
}


def declared(dataset, architecture, loss="cross_entropy", **training):
    return {
        "dataset": dataset,
        "architecture": architecture,
        "loss": loss,
        "optimizer": {"type": "sgd", "lr": 0.1},
        "training": {"steps": 4, **training},
        "dtype": "float64",
    }


def spirals(**more):
    return {"type": "spirals", "examples": 60, "classes": 3, "batch_size": 22, **more}


def gradient(source, parts, step=3):
    """J and dθ of the first batch, as a step of training finds them."""
    built = build(configs.read({**source, "training": {**source["training"], "micro_batches": parts}}))
    trainer = built.loop.trainer(built)
    batch = next(micro_batches(built.data.parts["train"], built.config.dataset, 0, 0, 0, parts))
    if parts == 1:
        loss, out = trainer.gradient(batch, step)
        cost = loss + out.context.cost
    else:
        cost = sum(part.cost for part in trainer.gradient_of_parts(batch, step))
    return cost, np.concatenate([network.dtheta for network in trainer.networks.values()])


KINDS = {
    "examples": declared(spirals(), DENSE),
    "class_weights": declared(spirals(), DENSE, {"type": "cross_entropy", "class_weights": [1, 3, 0.5]}),
    "ignored": declared(spirals(), DENSE, {"type": "cross_entropy", "ignore": 1}),
    "values": declared({"type": "sine_waves", "examples": 40, "batch_size": 9}, [{"lstm": 4}, {"dense": 1}], "mse"),
    "lengths": declared({"type": "names", "path": "names.txt", "batch_size": 13}, SEQUENCE["names"]),
    "codes": declared(
        {"type": "digits", "reconstruct": True, "batch_size": 22},
        ["flatten", {"dense": 6}, "sample_latent", {"dense": 64}],
        "binary_cross_entropy",
    ),
}


@pytest.mark.parametrize("parts", [2, 3, 5, 22, 64])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_whole_batch(kind, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("\n".join("abcde"[: 1 + i % 5] * (1 + i % 3) for i in range(40)))
    source = KINDS[kind]
    if kind == "codes":  # a draw of its own in each part: none at all
        monkeypatch.setattr(Context, "stream", lambda *_: SimpleNamespace(normal=np.zeros))
    J, dtheta = gradient(source, 1)
    J_of_parts, dtheta_of_parts = gradient(source, parts)
    assert J_of_parts == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(dtheta_of_parts, dtheta, rtol=0, atol=1e-12 * np.abs(dtheta).max())


@pytest.mark.parametrize("parts", [2, 5])
def test_examples_count_by_their_weights(parts, monkeypatch):
    plain, weights = ArrayPart.batch, np.random.default_rng(2).uniform(0, 2, 60)
    monkeypatch.setattr(
        ArrayPart,
        "batch",
        lambda self, indices: dataclasses.replace(plain(self, indices), weights=weights[indices]),
    )
    source = declared(spirals(), DENSE)
    np.testing.assert_allclose(gradient(source, parts)[1], gradient(source, 1)[1], rtol=0, atol=1e-14)


def test_parts_are_consecutive_and_of_one_size_but_the_last():
    assert [(p.start, p.stop) for p in cut(10, 4)] == [(0, 3), (3, 6), (6, 9), (9, 10)]
    assert [(p.start, p.stop) for p in cut(3, 8)] == [(0, 1), (1, 2), (2, 3)]
    assert sum(place.share for place in cut(10, 4)) == pytest.approx(1)


def test_the_parts_are_the_batch():
    built = build(configs.read(declared(spirals(), DENSE)))
    part, settings = built.data.parts["train"], built.config.dataset
    whole = [batch.X for batch in batches(part, settings, 0, 1, 1)]
    cut_up = [
        np.concatenate([X.X for _, X in batch.parts(range(len(batch.places)))], axis=-1)
        for batch in micro_batches(part, settings, 0, 1, 1, 4)
    ]
    assert [X.tobytes() for X in cut_up] == [X.tobytes() for X in whole]


def test_carried_state_goes_along_with_its_examples(tmp_path):
    (tmp_path / "text.txt").write_text("so it goes on and on, " * 30)
    source = declared(
        {"type": "text", "path": str(tmp_path / "text.txt"), "length": 6, "batch_size": 10}, SEQUENCE["lstm"]
    )
    ends = []
    for parts in (1, 4):
        run = nntrain.fit(source, [f"training.micro_batches={parts}"], run_dir=tmp_path / str(parts))
        with np.load(run.run_dir / "checkpoints" / "last.npz") as file:
            ends.append(
                np.concatenate([file[n].ravel() for n in sorted(file.files) if n not in ("manifest", "digest")])
            )
    np.testing.assert_allclose(ends[1], ends[0], rtol=0, atol=1e-12)


def test_running_values_are_the_mean_over_the_parts():
    source = declared(spirals(batch_size=20), [{"dense": 4}, {"batch_norm": {"momentum": 0}}, {"dense": 3}])
    built = build(configs.read({**source, "training": {"steps": 1, "micro_batches": 3}}))
    trainer = built.loop.trainer(built)
    (batch,) = list(micro_batches(built.data.parts["train"], built.config.dataset, 0, 0, 0, 3))[:1]
    p = trainer.networks["network"].p.children
    expected = sum(
        place.share * (p[0].W @ part.X + p[0].b).mean(axis=1) for place, part in batch.parts(range(len(batch.places)))
    )
    trainer.step(batch, 0)
    np.testing.assert_allclose(p[1].mean.ravel(), expected, rtol=1e-12)


def test_draws_differ_from_part_to_part():
    source = declared(
        {"type": "digits", "batch_size": 8, "augment": [{"shift": 2}], "shuffle": False},
        ["flatten", {"dense": 10}],
    )
    built = build(configs.read(source))
    part = built.data.parts["train"]
    part.batch, one = (lambda indices: one(np.zeros_like(indices))), part.batch  # the same example again and again
    (batch,) = list(micro_batches(part, built.config.dataset, 0, 0, 0, 2))[:1]
    first, second = (X.X for _, X in batch.parts(range(2)))
    assert first.shape == second.shape
    assert not np.array_equal(first, second)


def test_a_run_in_parts_ends_in_the_same_bits_when_it_was_cut(tmp_path):
    source = declared(
        spirals(), [{"dense": 8}, "batch_norm", "relu", {"dropout": 0.2}, {"dense": 3}], micro_batches=3, steps=9
    )
    source["metrics"] = ["accuracy", "f1", "roc_auc"]
    nntrain.fit(source, run_dir=tmp_path / "whole")
    asked = iter([None] * 4 + [15])
    with pytest.raises(Interrupted):
        nntrain.fit(source, run_dir=tmp_path / "cut", stop=lambda: next(asked))
    nntrain.resume(tmp_path / "cut")
    for name in ("metrics.jsonl", "checkpoints/last.npz", "checkpoints/best.npz"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("steps", [1, 2])
def test_a_game_in_parts_is_the_game(steps, monkeypatch):
    source = {
        **declared({"type": "moons", "examples": 60, "batch_size": 22}, {}, "gan"),
        "architecture": {
            "generator": [{"dense": 6}, "tanh", {"dense": 2}],
            "discriminator": [{"dense": 6}, "tanh", {"dense": 1}],
        },
        "optimizer": {"generator": {"sgd": 0.1}, "discriminator": {"sgd": 0.1}},
    }
    source["training"] |= {"loop": {"type": "gan", "latent": 3, "samples": 0}}
    monkeypatch.setattr(Game, "noise", lambda self, batch, *place: np.ones((self.latent, batch.size)))
    ends = []
    for parts in (1, 4):
        built = build(configs.read({**source, "training": {**source["training"], "micro_batches": parts}}))
        trainer = GANTrainer(built.loop, built)
        for step, batch in zip(
            range(steps), micro_batches(built.data.parts["train"], built.config.dataset, 0, 0, 0, parts), strict=False
        ):
            trainer.step(batch, step)
        ends.append((np.concatenate([network.theta for network in trainer.networks.values()]), trainer.results()))
    np.testing.assert_allclose(ends[1][0], ends[0][0], rtol=0, atol=1e-13)
    assert ends[1][1] == pytest.approx(ends[0][1], rel=1e-12)


def test_the_memory_is_that_of_one_part(tmp_path):
    random = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", x=random.integers(0, 256, (256, 3, 12, 12), np.uint8), y=np.arange(256) % 10)
    source = declared(
        {"type": "npz", "path": str(tmp_path / "images.npz"), "batch_size": 256, "validation": 0},
        [{"conv2d": {"filters": 16, "kernel": 3, "padding": "same"}}, "relu", "flatten", {"dense": 10}],
    )
    peaks = []
    for size, parts in ((16, 1), (256, 16)):
        built = build(configs.read({**source, "training": {"steps": 1, "micro_batches": parts}}))
        trainer = built.loop.trainer(built)
        settings = dataclasses.replace(built.config.dataset, batch_size=size)
        batch = next(micro_batches(built.data.parts["train"], settings, 0, 0, 0, parts))
        tracemalloc.start()
        trainer.step(batch, 0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        dtheta = trainer.networks["network"].dtheta.nbytes
    assert peaks[1] < 1.3 * peaks[0] + 5 * dtheta  # a tree of 16 places has five levels


def test_evaluation_has_no_more_in_memory_than_a_part(tmp_path, monkeypatch):
    sizes, batch = [], ArrayPart.batch
    monkeypatch.setattr(ArrayPart, "batch", lambda part, indices: sizes.append(len(indices)) or batch(part, indices))
    source = declared(spirals(examples=3000, batch_size=600), DENSE, micro_batches=3, epochs=1)
    nntrain.fit(source, ["training.steps=1"], run_dir=tmp_path / "run")
    assert max(sizes) == 256  # no caches are kept: so many at least


def test_a_loop_that_takes_no_parts_says_so(monkeypatch):
    monkeypatch.setattr("nntrain.training.supervised.Supervised.takes_parts", False)
    with pytest.raises(
        ConfigError, match="training: error: micro_batches: the loop supervised takes no batch in parts"
    ):
        nntrain.fit(declared(spirals(), DENSE, micro_batches=2), run_dir="never")
