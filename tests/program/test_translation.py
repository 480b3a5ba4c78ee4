"""Texts turned into texts, from the command line: trained, measured, predicted, drawn, looked at."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import nntrain as package

BLOCK = [{"residual": ["layer_norm", {"attention": {"heads": 2, "causal": True, "positions": "rope"}}]}]
CONFIG = {
    "name": "shout",
    "architecture": {
        "encoder": [{"embedding": 16}, {"residual": [{"attention": {"heads": 2, "positions": "rope"}}]}],
        "decoder": [
            {"embedding": 16},
            *BLOCK,
            {"residual": ["layer_norm", {"cross_attention": 2}]},
            "layer_norm",
            {"dense": "$dataset.classes"},
        ],
    },
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "lr": 0.02},
    "metrics": ["accuracy", "exact_match"],
    "training": {"epochs": 8},
}
WORDS = ["ab", "ba", "c", "cab", "abc", "bb", "ac", "cc", "b", "bca", "aab", "cb"]


def write(folder):
    """A config whose data are words and the same in capital letters."""
    rows = "".join(f"{word},{word.upper()}\n" for word in WORDS)
    (folder / "words.csv").write_text("source,target\n" + rows)
    dataset = {"type": "translation", "path": "words.csv", "validation": 0.2, "batch_size": 4}
    (folder / "shout.yaml").write_text(yaml.safe_dump({**CONFIG, "dataset": dataset}))
    return folder / "shout.yaml"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shout")
    return package.fit(write(folder), run_dir=folder / "run").run_dir


def predicted(result):
    head, *texts = result.stdout.splitlines()
    assert head == "prediction"
    return texts


def test_what_greedy_search_writes_without_a_mistake_is_exact_match(run, nntrain, tmp_path):
    (tmp_path / "words.txt").write_text("\n".join(WORDS) + "\n")
    texts = predicted(nntrain("predict", run, "words.txt"))
    right = sum(text == word.upper() for text, word in zip(texts, WORDS, strict=True))
    measured = {
        part: json.loads(nntrain("eval", run, "--split", part, "--json").stdout) for part in ("train", "validation")
    }
    exact = sum(found["exact_match"] * found["examples"] for found in measured.values())
    assert exact == pytest.approx(right)
    assert right > 0


def test_sources_come_as_lines_or_in_their_column_and_answers_keep_their_order(run, nntrain, tmp_path):
    texts = predicted(nntrain("predict", run, "-", stdin="ab\ncab\n"))
    (tmp_path / "more.csv").write_text("number,source\n1,ab\n2,cab\n")
    (tmp_path / "lines.txt").write_text("ab\r\ncab")
    assert predicted(nntrain("predict", run, "more.csv")) == texts
    assert predicted(nntrain("predict", run, "lines.txt")) == texts
    assert predicted(nntrain("predict", run, "lines.txt", "--beam", 3, "--length-penalty", 0.5, "--threads", 1))
    nntrain("predict", run, "lines.txt", "-o", "texts.npy")
    assert np.load(tmp_path / "texts.npy").tolist() == texts


def test_sample_searches_or_draws(run, nntrain):
    best = nntrain("sample", run, "--prompt", "ab", "--beam", 3, "-n", 2).stdout.splitlines()
    assert len(best) == 2
    greedy = predicted(nntrain("predict", run, "-", stdin="ab\n"))
    assert nntrain("sample", run, "--prompt", "ab", "--temperature", 0).stdout.splitlines() == greedy
    drawn = nntrain("sample", run, "--prompt", "ab", "-n", 10, "--temperature", 5, "--seed", 3).stdout.splitlines()
    assert len(drawn) == 10
    assert len(set(drawn)) > 1
    assert (
        nntrain("sample", run, "--prompt", "ab", "-n", 10, "--temperature", 5, "--seed", 3).stdout.splitlines() == drawn
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sample", "RUN"), "say with --prompt which text is to be turned"),
        (("sample", "RUN", "--prompt", "ab", "--beam", 2, "-n", 3), "a search that keeps 2 finds no more"),
        (("sample", "RUN", "--prompt", "ab", "--length", 3), "--length: is of texts"),
        (("sample", "RUN", "--prompt", "ab", "--beam", 2, "--temperature", 3), "--beam finds the likeliest"),
        (("sample", "RUN", "--prompt", "ab", "--length-penalty", 1), "--length-penalty: goes with --beam"),
        (("predict", "RUN", "x.txt", "--probabilities"), "predicts texts, not classes"),
        (("predict", "RUN", "x.txt", "--keep", "y"), "--keep: columns are those of a table"),
    ],
)
def test_options_that_say_nothing_are_refused(arguments, words, run, nntrain, tmp_path):
    (tmp_path / "x.txt").write_text("ab\n")
    said = nntrain(*[run if argument == "RUN" else argument for argument in arguments], code=2).stderr
    assert words in " ".join(said.split())


def test_a_network_that_writes_no_texts_takes_no_beam(configs, nntrain):
    run = nntrain("fit", configs / "iris.yaml", "training.steps=1").stdout.strip()
    assert "which write texts" in nntrain("predict", run, configs / "data" / "iris.csv", "--beam", 2, code=2).stderr
    assert "--beam: is of an encoder" in nntrain("sample", run, "--beam", 2, code=2).stderr


def test_check_goes_through_every_layer_and_both_networks(nntrain, tmp_path):
    lines = nntrain("check", write(tmp_path)).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "encoder.embedding_1",
        "encoder.residual_1",
        "decoder.embedding_1",
        "decoder.residual_1",
        "decoder.residual_2",
        "decoder.layer_norm_1",
        "decoder.dense_1",
        "encoder,",
    ]
    assert all(line.endswith("ok") for line in lines)
    assert lines[-1].startswith("encoder, decoder")


def test_check_finds_a_decoder_that_does_not_pass_its_gradient_on(nntrain, tmp_path, monkeypatch):
    from nntrain.layers import Source

    monkeypatch.setattr(Source, "add", lambda self, dA: setattr(self, "dA", 0.9 * dA))
    wrong = [line for line in nntrain("check", write(tmp_path), code=1).stdout.splitlines() if "WRONG" in line]
    assert [line.split()[0] for line in wrong] == ["decoder.residual_2", "encoder,"]


def test_check_says_that_a_decoder_must_not_see_ahead(nntrain, tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text().replace("causal: true", "causal: false"))
    assert "say causal: true" in nntrain("check", path, code=2).stderr


def test_one_batch_is_learned_by_heart(nntrain, tmp_path):
    assert "learned by heart" in nntrain("check", "--overfit", write(tmp_path)).stdout


def test_a_learning_rate_is_found_and_the_networks_are_shown(nntrain, tmp_path):
    path = write(tmp_path)
    assert nntrain("find-lr", path).stdout
    shown = nntrain("show", path).stdout.splitlines()
    assert "encoder" in shown
    assert "decoder" in shown
    assert any(line.split()[:2] == ["residual_2", "residual"] for line in shown)


def test_a_report_shows_what_is_turned_into_what(run, nntrain, tmp_path):
    page = Path(nntrain("report", run, "-o", "page.html").stdout.strip() or "page.html").read_text()
    assert "→" in page


def test_data_counts_the_symbols_of_the_targets(nntrain, tmp_path):
    told = nntrain("data", write(tmp_path)).stdout
    assert "<end>" in told


@pytest.mark.slow
def test_a_sweep_varies_both_networks(nntrain, tmp_path):
    path = write(tmp_path)
    grid = "architecture.decoder.1.layers.1.heads=2,1"
    nntrain("sweep", path, "-g", grid, "training.epochs=1", "--runs", "runs")
    assert len(json.loads(nntrain("runs", "runs", "--json").stdout)) == 2
