"""An encoder and a decoder at work: texts turned into texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.builder import Model, Networks
from nntrain.data.facts import required
from nntrain.data.loader import evaluation_batches
from nntrain.data.parts import Batch, Part
from nntrain.data.text_pairs import source_part
from nntrain.data.vocabulary import END, PADDING, START, UNKNOWN
from nntrain.inference.beam_search import Hypothesis, Search, beam_search
from nntrain.inference.sampling import Drawing
from nntrain.model.layer import Context, Past, Source, State
from nntrain.model.shapes import Array
from nntrain.runtime import streams

ENCODER, DECODER = "encoder", "decoder"
GREEDY = Search()


def source_of(networks: Networks, S: Array, batch: Batch) -> Source:
    """What the encoder has made of a batch, S (T_s, n_s, m), for the decoder to read."""
    encoder = networks[ENCODER].root
    return Source(S, None if batch.lengths is None else encoder.output_lengths(batch.lengths))


class Translator:
    """Writes texts, symbol by symbol, each after those that it has written itself."""

    def __init__(self, model: Model):
        self.model = model
        self.targets = required(model.facts.target_texts, "pairs of texts")
        symbols = self.targets.vocabulary.symbols
        self.start, self.end = symbols.index(START), symbols.index(END)
        self.never = [symbols.index(mark) for mark in (UNKNOWN, PADDING, START)]
        self.remembers = self._remembers()

    def translate(self, part: Part, search: Search = GREEDY) -> Iterator[str]:
        """A text for each of a part's sources."""
        for batch in evaluation_batches(part, self.model.config.part_size):
            for found in self.hypotheses(batch, search):
                yield self.text(found[0])

    def best(self, source: str, search: Search) -> list[str]:
        """The texts that the search finds for one source, the best first."""
        return [self.text(found) for found in self.hypotheses(self._batch(source), search)[0]]

    def draw(self, source: str, drawing: Drawing, seed: int, number: int = 0) -> str:
        """A text drawn step by step."""
        stream = streams.stream(seed, streams.SAMPLE, number)
        model, written = self._decoding(self._batch(source)), list[int]()
        log_P = model.begin()[:, 0]
        while True:
            drawn = drawing.draw(log_P, stream)
            written.append(drawn)
            if drawn == self.end or len(written) == self.targets.length:
                return self.targets.vocabulary.text(written)
            log_P = model.go_on(np.zeros(1, np.int64), np.array([drawn]))[:, 0]

    def hypotheses(self, batch: Batch, search: Search) -> list[list[Hypothesis]]:
        """What the search finds for each example, at most as long as the longest target of the data."""
        return beam_search(self._decoding(batch), search, self.end, self.targets.length)

    def text(self, found: Hypothesis) -> str:
        """The text of a hypothesis."""
        return self.targets.vocabulary.text(found.symbols)

    def _batch(self, source: str) -> Batch:
        return source_part([source], self.model.facts).batch(np.arange(1))

    def _decoding(self, batch: Batch) -> Decoding:
        return Decoding(self.model, batch, self.start, self.never, self.remembers)

    def _remembers(self) -> bool:
        """Whether reading symbol by symbol, with what layers keep of those before, gives what the whole gives."""
        count = len(self.targets.vocabulary.symbols)
        Y = streams.stream(0, streams.SAMPLE).integers(count, (min(6, self.targets.length),))

        def read(remembers: bool) -> Array:
            decoding = Decoding(self.model, self._batch(""), self.start, self.never, remembers)
            log_P = decoding.begin()
            for symbol in Y[1:]:
                log_P = decoding.go_on(np.zeros(1, np.int64), np.array([symbol]))
            return np.delete(log_P, self.never)

        return np.allclose(read(True), read(False), rtol=1e-3, atol=1e-3)


class Decoding:
    """The decoder on a batch of sources, a column for each text that is being written (see beam_search.NextSymbols).

    Where its layers remember what they have read (keys and values of attention, recurrent state), it reads each symbol
    once; else all of them anew.
    """

    def __init__(self, model: Model, batch: Batch, start: int, never: list[int], remembers: bool):
        self.networks, self.m, self.seed = model.networks, batch.size, model.config.seed
        self.start, self.never, self.remembers = start, never, remembers
        context = self._context()
        context.lengths = batch.lengths
        with np.errstate(all="ignore"):
            S = self.networks[ENCODER].apply(batch.X, context)
        self.source = source_of(self.networks, S, batch)
        self.past, self.state = Past(), State()
        self.written = np.empty((0, batch.size), np.int64)

    def begin(self) -> Array:
        """log P of the first symbols, (symbols, m)."""
        return self._read(np.full((1, self.m), self.start))

    def go_on(self, columns: Array, symbols: Array) -> Array:
        """log P of what follows after these columns and symbols, (symbols, N)."""
        source, past = self.source, self.past
        self.source = Source(source.A[..., columns], None if source.lengths is None else source.lengths[columns])
        past.arrays = {path: tuple(A[:, columns] for A in arrays) for path, arrays in past.arrays.items()}
        self.state = {path: tuple(A[..., columns] for A in arrays) for path, arrays in self.state.items()}
        self.written = self.written[:, columns]
        return self._read(symbols[None])

    def _read(self, symbols: Array) -> Array:
        """log P of what follows after these too, (1, N)."""
        context = self._context()
        context.source = self.source
        self.written = np.concatenate([self.written, symbols])
        if self.remembers:
            context.past, context.state = self.past, self.state
        with np.errstate(all="ignore"):
            Z = (
                self.networks[DECODER]
                .apply(symbols if self.remembers else self.written, context)[-1]
                .astype(np.float64)
            )
            self.past.steps += 1
            Z -= Z.max(axis=0)
            log_P: Array = Z - np.log(np.exp(Z).sum(axis=0))
        log_P[self.never] = -np.inf
        return log_P

    def _context(self) -> Context:
        return Context(training=False, seed=self.seed)
