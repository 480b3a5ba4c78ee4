"""Beam search finds what looking at every text finds, where it keeps enough; greedy search is its smallest form."""

from itertools import product

import numpy as np
import pytest

from nntrain.inference.beam_search import Hypothesis, Search, beam_search

END, SYMBOLS, LONGEST = 2, 4, 4
EVERYTHING = SYMBOLS**LONGEST


class Table:
    """log P of the next symbol by the whole beginning, drawn at random; `examples` of them side by side."""

    def __init__(self, examples, seed=0, spread=1.0):
        self.examples, self.seed, self.spread, self.widest = examples, seed, spread, 0

    def after(self, example, beginning):
        Z = self.spread * np.random.default_rng([self.seed, example, *beginning, 99]).standard_normal(SYMBOLS)
        return Z - np.log(np.exp(Z).sum())

    def begin(self):
        self.columns = [(j, ()) for j in range(self.examples)]
        return self._said()

    def go_on(self, columns, symbols):
        self.columns = [(self.columns[c][0], (*self.columns[c][1], s)) for c, s in zip(columns, symbols, strict=True)]
        return self._said()

    def _said(self):
        self.widest = max(self.widest, len(self.columns))
        return np.stack([self.after(*column) for column in self.columns], axis=1)

    def log_p(self, example, text):
        return sum(self.after(example, text[:t])[symbol] for t, symbol in enumerate(text))

    def texts(self):
        """Every text that ends within the longest length."""
        others = [s for s in range(SYMBOLS) if s != END]
        for length in range(LONGEST):
            yield from ((*text, END) for text in product(others, repeat=length))


def exhaustive(model, example, alpha):
    """All texts, the best first."""
    return sorted(model.texts(), key=lambda text: -model.log_p(example, text) / len(text) ** alpha)


@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_with_room_for_all_beginnings_it_is_the_search_through_all_texts(seed, alpha):
    model = Table(3, seed)
    for example, found in enumerate(beam_search(model, Search(EVERYTHING, alpha), END, LONGEST)):
        assert [text.symbols for text in found] == exhaustive(model, example, alpha)
        for text in found:
            assert text.log_p == pytest.approx(model.log_p(example, text.symbols))


@pytest.mark.parametrize("seed", range(20))
def test_with_one_beginning_it_is_greedy(seed):
    model = Table(2, seed)
    for example, (text,) in enumerate(beam_search(model, Search(1, 0.9), END, LONGEST)):
        greedy = ()
        while len(greedy) < LONGEST and END not in greedy:
            greedy += (int(model.after(example, greedy).argmax()),)
        assert text.symbols == greedy


def test_the_more_beginnings_are_kept_the_more_often_the_likeliest_text_is_found():
    models = [Table(4, seed, 2.0) for seed in range(10)]
    best = [exhaustive(model, example, 0.0)[0] for model in models for example in range(4)]
    shares = []
    for beams in (1, 2, 4, EVERYTHING):
        found = [texts for model in models for texts in beam_search(model, Search(beams, 0.0), END, LONGEST)]
        assert all(1 <= len(texts) <= beams for texts in found)
        shares.append(np.mean([texts[0].symbols == text for texts, text in zip(found, best, strict=True)]))
    assert shares == sorted(shares)
    assert shares[0] < shares[1] < shares[-1] == 1


def test_no_more_columns_go_through_the_model_than_beginnings_are_kept():
    model = Table(3)
    beam_search(model, Search(2), END, LONGEST)
    assert model.widest <= 3 * 2


def test_an_example_gives_what_it_gives_alone():
    class Alone(Table):
        def __init__(self, example):
            super().__init__(1, 7)
            self.example = example

        def after(self, example, beginning):
            return super().after(self.example, beginning)

    for example, found in enumerate(beam_search(Table(5, 7), Search(3), END, LONGEST)):
        assert beam_search(Alone(example), Search(3), END, LONGEST) == [found]


def test_the_length_that_divides_counts_the_end_mark():
    text = Hypothesis((0, 1, END), -6.0)
    assert [text.score(alpha) for alpha in (0, 0.5, 1)] == pytest.approx([-6, -6 / 3**0.5, -2])


def test_without_a_correction_short_texts_win_and_with_it_the_likelier_symbols():
    class Two(Table):
        def after(self, example, beginning):
            """End at once: 0.4.  Or go on: 0.6, then 0.62 three times and the end."""
            p = [[0.6, 0, 0.4, 0], [0.62, 0.38, 0, 0], [0.62, 0.38, 0, 0], [0, 0, 1, 0]][len(beginning)]
            with np.errstate(divide="ignore"):
                return np.log(p)

    short, long = ((END,), (0, 0, 0, END))
    assert [
        beam_search(Two(1), Search(3, alpha), END, LONGEST)[0][0].symbols for alpha in (0, 1)
    ] == [short, long]  # fmt: skip


def test_a_text_that_never_ends_is_cut():
    class Endless(Table):
        def after(self, example, beginning):
            Z = super().after(example, beginning)
            Z[END] = -np.inf
            return Z

    for found in beam_search(Endless(2), Search(3), END, LONGEST):
        assert [len(text.symbols) for text in found] == [LONGEST] * 3
