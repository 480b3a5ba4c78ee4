"""Texts that a decoder writes: the cache changes nothing, and searches find what teacher forcing says of every text."""

from itertools import product

import numpy as np
import pytest
from training.test_encoder_decoder import OF_LSTM, WITHOUT_ATTENTION

from nntrain import config
from nntrain.builder import build
from nntrain.data.text_pairs import shifted
from nntrain.inference.beam_search import Search
from nntrain.inference.evaluator import output
from nntrain.inference.sampling import Drawing
from nntrain.inference.totals import Totals
from nntrain.inference.translator import Translator
from nntrain.metrics import ExactMatch

TRANSFORMER = {
    "encoder": [{"embedding": 8}, {"residual": ["layer_norm", {"attention": {"heads": 2, "positions": "rope"}}]}],
    "decoder": [
        {"embedding": 8},
        {"residual": ["layer_norm", {"attention": {"heads": 2, "causal": True, "positions": "rope"}}]},
        {"residual": ["layer_norm", {"cross_attention": 2}]},
        {"dense": "$dataset.classes"},
    ],
}
ARCHITECTURES = {"transformer": TRANSFORMER, "lstm": OF_LSTM, "without attention": WITHOUT_ATTENTION}


@pytest.fixture
def model(request, tmp_path):
    """An encoder and a decoder as they were drawn; the marks that no text has are as unlikely as after training."""
    rows = [("a", "x"), ("ba", "xy"), ("bab", "yyx"), ("abba", "yx"), ("bb", "y")]
    (tmp_path / "p.csv").write_text("".join(f"{x},{y}\n" for x, y in rows))
    built = build(
        config.read(
            {
                "name": "tiny",
                "dataset": {"type": "translation", "path": str(tmp_path / "p.csv"), "validation": 0},
                "architecture": ARCHITECTURES[getattr(request, "param", "transformer")],
                "loss": "cross_entropy",
                "optimizer": "adam",
                "training": {"epochs": 1},
                "dtype": "float64",
            }
        )
    )
    decoder = built.networks["decoder"]
    decoder.layout.array(decoder.theta, "decoder.dense_1.b")[:3] = -30
    return built


def everything(model):
    part = model.data.parts["train"]
    return part.batch(np.arange(part.size))


def log_p_of_all(model, source, longest):
    """log P of every text that ends within the longest length, by teacher forcing, in one batch each length."""
    translator = Translator(model)
    marks = {translator.end, *translator.never}
    letters = [s for s in range(model.facts.classes) if s not in marks]
    found = {}
    for length in range(longest):
        texts = [(*text, translator.end) for text in product(letters, repeat=length)]
        batch = everything(model)
        batch.X = np.repeat(batch.X[:, source : source + 1], len(texts), axis=1)
        batch.lengths = np.repeat(batch.lengths[source : source + 1], len(texts))
        batch.Y, batch.target_lengths = np.array(texts).T, np.full(len(texts), length + 1)
        batch.previous = shifted(batch.Y, translator.start)
        Z = output(model, batch).Z
        log_P = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        for j, text in enumerate(texts):
            found[text] = sum(log_P[t, symbol, j] for t, symbol in enumerate(text))
    return found


@pytest.mark.parametrize("model", ARCHITECTURES, indirect=True)
def test_a_search_with_room_for_all_is_exhaustive(model):
    translator, longest = Translator(model), model.facts.target_texts.length
    assert longest == 4
    batch = everything(model)
    for j, found in enumerate(translator.hypotheses(batch, Search(1000, 0.7))):
        known = log_p_of_all(model, j, longest)
        assert len(found) == len(known) == 1 + 2 + 4 + 8
        assert {text.symbols: text.log_p for text in found} == pytest.approx(known, rel=1e-9)
        assert found[0].symbols == max(known, key=lambda text: known[text] / len(text) ** 0.7)


@pytest.mark.parametrize("model", ARCHITECTURES, indirect=True)
def test_what_layers_remember_changes_no_text(model):
    translator, part = Translator(model), model.data.parts["train"]
    assert translator.remembers
    quick = [list(translator.translate(part, Search(beams))) for beams in (1, 3)]
    drawn = [translator.draw("ab", Drawing(), seed) for seed in range(20)]
    translator.remembers = False
    assert [list(translator.translate(part, Search(beams))) for beams in (1, 3)] == quick
    assert [translator.draw("ab", Drawing(), seed) for seed in range(20)] == drawn
    assert len(set(drawn)) > 1


def test_where_a_layer_does_not_remember_all_is_read_anew(model, monkeypatch):
    from nntrain.layers import Attention

    monkeypatch.setattr(Attention, "apply", lambda self, p, X, context: self.forward(p, X, context)[0])
    forgetful = Translator(model)
    assert not forgetful.remembers
    texts = list(forgetful.translate(model.data.parts["train"], Search(2)))
    monkeypatch.undo()
    assert texts == list(Translator(model).translate(model.data.parts["train"], Search(2)))


def test_exact_match_is_the_share_that_greedy_search_writes_without_a_mistake(model):
    """Its own texts, taken for the targets, match all; with one changed, all but that."""
    batch, translator = everything(model), Translator(model)
    texts = [found[0].symbols for found in translator.hypotheses(batch, Search())]
    texts = [text if text[-1] == translator.end else (*text, translator.end) for text in texts]
    lengths = np.array([len(text) for text in texts])
    Y = np.ones((lengths.max(), len(texts)), np.int64)
    for j, text in enumerate(texts):
        Y[: len(text), j] = text
    batch.Y, batch.target_lengths, batch.previous = Y, lengths, shifted(Y, translator.start)

    def exact():
        totals, out = Totals(model.config.loss, (ExactMatch(),), model.facts), output(model, batch)
        totals.add(0.0, 0.0, out.Z, batch, out.mask)
        return totals.results()["exact_match"]

    cut = [len(text) > model.facts.target_texts.length for text in texts]  # never ended by itself
    assert exact() == pytest.approx(1 - np.mean(cut))


def test_temperature_0_is_greedy_and_another_seed_draws_another_text(model):
    translator = Translator(model)
    assert translator.draw("bab", Drawing(0), 5) == translator.best("bab", Search())[0]
    assert len({translator.draw("bab", Drawing(), seed) for seed in range(20)}) > 1
    assert len({translator.draw("bab", Drawing(), 0, number) for number in range(20)}) > 1


def test_what_a_source_is_turned_into_does_not_depend_on_its_neighbours(model):
    translator, batch = Translator(model), everything(model)
    sources = [model.facts.text.text(x) for x in batch.X.T]
    together = [translator.text(found[0]) for found in translator.hypotheses(batch, Search(3))]
    assert [translator.best(source, Search(3))[0] for source in sources] == together
