"""Models of text write: what is remembered changes nothing, how a symbol is drawn, what cannot be written."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import nntrain
from nntrain.cli import main
from nntrain.data.parts import Batch
from nntrain.errors import ConfigError
from nntrain.inference import load as loading
from nntrain.inference.sampling import Drawing
from nntrain.inference.text_writer import Writer
from nntrain.layers import Context
from nntrain.runtime.streams import stream

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "configs" / "data" / "coriolanus.txt").read_text("utf-8")[:6000]
BLOCK = [
    {"residual": ["rms_norm", {"attention": {"heads": 2, "causal": True}}]},
    {"residual": ["layer_norm", {"dense": 24}, "gelu", {"dense": 12}]},
]


def config(path, kind="text", *, positions=({"position": "learned"},), block=BLOCK, **dataset):
    length = {} if kind == "names" else {"length": 16, "windows": "random"}
    return {
        "name": "writer",
        "dataset": {"type": kind, "path": str(path), "batch_size": 8, "validation": 0.1, **length, **dataset},
        "architecture": [
            {"type": "embedding", "units": 12, "name": "letters"},
            *positions,
            {"repeat": {"times": 2, "layers": block}},
            "layer_norm",
            {"tied": "letters"},
        ],
        "loss": "cross_entropy",
        "optimizer": {"type": "adamw", "lr": 0.01},
        "training": {"steps": 25},
    }


@pytest.fixture(scope="module")
def gpt(tmp_path_factory):
    """The run of a small model of text."""
    folder = tmp_path_factory.mktemp("gpt")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    return nntrain.fit(config(folder / "text.txt"), run_dir=folder / "run").run_dir


def load(run):
    return loading.load(run / "checkpoints" / "best.npz")


class Forgetful(Writer):
    """Remembers symbols alone: the network reads all of the window for each."""

    def _scores(self, numbers):
        X = self.recent[:, None]
        Z = self.model.loop.apply(self.model.networks, Batch(X, X[:0]), Context(training=False))
        return Z[-1, :, 0].astype(np.float64)


def same_texts(run, prompts, length):
    loaded, drawing = load(run), Drawing(0.9)
    remembering, forgetful = Writer(loaded, drawing, 5), Forgetful(loaded, drawing, 5)
    return all(
        list(remembering.text(TEXT[k : k + 1 + k % 20], length, k))
        == list(forgetful.text(TEXT[k : k + 1 + k % 20], length, k))
        for k in prompts
    )


def test_what_is_remembered_gives_the_text_that_reading_everything_again_gives(gpt):
    assert same_texts(gpt, (0, 13, 39), 40)


@pytest.mark.slow
def test_that_over_a_hundred_prompts(gpt):
    assert same_texts(gpt, range(100), 60)


@pytest.mark.parametrize("positions", [(), ({"position": "sinusoidal"},)])
def test_rotary_and_sinusoidal_positions_write_too(positions, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    block = [{"residual": ["rms_norm", {"attention": {"heads": 2, "causal": True, "positions": "rope"}}]}]
    made = config(tmp_path / "text.txt", positions=positions, block=block)
    run = nntrain.fit(made, ["training.steps=3"], run_dir=tmp_path / "run").run_dir
    assert same_texts(run, (7,), 40)


def test_a_window_that_is_full_goes_on_from_its_last_half(gpt):
    writer = Writer(load(gpt), Drawing(), None)
    assert writer.window == 16
    writer.forget()
    numbers = writer.numbers(TEXT[:17])
    for i, number in enumerate(numbers[:16]):
        writer.read(np.array([number]))
        assert writer.past.steps == i + 1
    after = writer.read(numbers[16:])
    assert writer.past.steps == 8
    writer.forget()
    assert writer.read(numbers[9:]) == pytest.approx(after, rel=1e-5)
    writer.forget()
    assert writer.read(writer.numbers(TEXT[:100])).shape == after.shape
    assert writer.past.steps == 8


def test_names_are_no_longer_than_those_that_were_read(tmp_path):
    names = ["rose", "ivy", "lily", "primrose", "fern", "daisy"] * 4
    (tmp_path / "names.txt").write_text("\n".join(names))
    run = nntrain.fit(config(tmp_path / "names.txt", "names"), run_dir=tmp_path / "run").run_dir
    writer = Writer(load(run), Drawing(2.0), None)
    assert writer.window == 9
    written = list(writer.names("", 50))
    assert len(set(written)) > 20
    assert max(map(len, written)) <= 8
    assert all(name.startswith("primros") for name in writer.names("primros", 3))
    with pytest.raises(ConfigError, match="--prompt: 9 letters; this network knows names of at most 8"):
        next(writer.names("primroses", 1))


def test_attention_that_sees_what_comes_cannot_write(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    block = [{"residual": ["layer_norm", {"attention": 2}]}]
    made = config(tmp_path / "text.txt", block=block)
    run = nntrain.fit(made, ["training.steps=1"], run_dir=tmp_path / "run").run_dir
    with pytest.raises(ConfigError, match=r"cannot write symbol by symbol.*attention that is not causal"):
        Writer(load(run), Drawing(), None)


SCORES = np.array([-np.inf, *np.log([0.1, 0.2, 0.4, 0.3])])  # the first is never drawn


def shares(drawing):
    random = stream(3, 0)
    drawn = np.array([drawing.draw(SCORES, random) for _ in range(1200)])
    return np.bincount(drawn, minlength=5) / 1200


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        (Drawing(), [0, 0.1, 0.2, 0.4, 0.3]),
        (Drawing(top_k=2), [0, 0, 0, 4 / 7, 3 / 7]),
        (Drawing(top_k=1), [0, 0, 0, 1, 0]),
        (Drawing(top_k=99), [0, 0.1, 0.2, 0.4, 0.3]),
        (Drawing(top_p=0.6), [0, 0, 0, 4 / 7, 3 / 7]),
        (Drawing(top_p=0.39), [0, 0, 0, 1, 0]),
        (Drawing(top_p=1.0), [0, 0.1, 0.2, 0.4, 0.3]),
        (Drawing(top_p=0.8), [0, 0, 2 / 9, 4 / 9, 3 / 9]),
        (Drawing(0.5), np.square([0, 0.1, 0.2, 0.4, 0.3]) / 0.3),
        (Drawing(0.5, top_k=2), [0, 0, 0, 0.64, 0.36]),
        (Drawing(1.0, top_k=3, top_p=0.7), [0, 0, 0, 4 / 7, 3 / 7]),
        (Drawing(0.0, top_k=3), [0, 0, 0, 1, 0]),
    ],
)
def test_symbols_are_drawn_among_the_likeliest(drawing, expected):
    found = shares(drawing)
    assert found == pytest.approx(expected, abs=0.05)
    assert (found[np.equal(expected, 0)] == 0).all()


def test_the_command_takes_top_k_top_p_and_a_seed(gpt):
    def sample(*options, code=0):
        done = CliRunner().invoke(main, ["sample", str(gpt), "--length", "30", *options])
        assert done.exit_code == code, done.output
        return done.output

    likeliest = sample("--temperature", "0", "--prompt", "the ")
    assert sample("--top-k", "1", "--prompt", "the ") == likeliest
    assert sample("--top-p", "1e-9", "--prompt", "the ") == likeliest
    assert sample("--seed", "1") != sample("--seed", "2")
    assert sample("--seed", "1", "--top-k", "5") == sample("--seed", "1", "--top-k", "5")
    assert "not in the range" in sample("--top-k", "0", code=2)
    assert "not in the range" in sample("--top-p", "1.5", code=2)
