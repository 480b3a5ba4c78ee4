"""What a model of text writes: symbol by symbol, each drawn from what the network expects after those before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

import numpy as np

from nntrain.data.names import END
from nntrain.data.parts import Batch
from nntrain.data.vocabulary import UNKNOWN
from nntrain.errors import ConfigError, DataError
from nntrain.inference.load import Loaded
from nntrain.inference.sampling import Drawing
from nntrain.model.layer import Context, Layer, Past, State
from nntrain.model.shapes import Array
from nntrain.runtime import streams

_LONGEST_NAME = 100


class Writer:
    """A network that reads symbols and remembers them: in its recurrent state, and as keys and values of attention.

    window   the most symbols that it can look back on where it has attention, the length that it was trained with, else
             None.  When they are full it goes on from the last half of them
    Raises ConfigError where the model is not one of text, or needs more than what it remembers and the next symbol.
    """

    def __init__(self, loaded: Loaded, drawing: Drawing, seed: int | None):
        vocabulary = loaded.facts.text
        if not loaded.loop.predicts or vocabulary is None or loaded.facts.label_names is not None:
            raise ConfigError(
                f"{loaded.path}: this network draws nothing; GANs, variational autoencoders and models of text do"
            )
        self.model, self.drawing = loaded, drawing
        self.seed = loaded.config.seed if seed is None else seed
        self.vocabulary, self.symbols = vocabulary, vocabulary.symbols
        looks_back = any(_uses_past(network.root) for network in loaded.networks.values())
        self.window = loaded.facts.input_shape[0] if looks_back else None
        networks = [*loaded.networks.values()]
        self._reader = networks[0].reader() if len(networks) == 1 else None
        if self._reader is not None and not self._writes():
            self._reader = None  # the loop makes more of the network than its outputs
        if self._reader is None and not self._writes():
            self._refuse(str(loaded.path))

    def _writes(self) -> bool:
        """Symbol by symbol must give what the network gives for the whole."""
        X = streams.stream(0, streams.SAMPLE).integers(len(self.symbols), (min(6, self.window or 6),))
        self.forget()
        try:
            whole = self.read(X)
            self.forget()
            alone = [self.read(x) for x in X[:, None]][-1]
        except (ValueError, DataError):  # shapes that hold for pieces of the trained length alone
            return False
        return np.allclose(alone, whole, rtol=1e-3, atol=1e-3)

    def _refuse(self, source: str) -> NoReturn:
        raise ConfigError(
            f"{source}: sample: this network cannot write symbol by symbol, as its outputs depend on more than the "
            "symbols before: a bidirectional layer, attention that is not causal, or another layer across steps"
        )

    def forget(self) -> None:
        """Begin anew."""
        self.state: State = {}
        self.past = Past()
        self.recent = np.empty(0, np.int64)  # what has been read of the window

    def read(self, numbers: Array) -> Array:
        """Scores (vocabulary,) of what follows after these symbols too."""
        if self.window is not None:
            recent = np.concatenate([self.recent, numbers])
            if len(recent) > self.window:
                self.forget()
                recent = numbers = recent[-max(1, self.window // 2) :]
            self.recent = recent
        return self._scores(numbers)

    def _scores(self, numbers: Array) -> Array:
        scores: Array
        if self._reader is not None and len(numbers) == 1:
            scores = self._reader(numbers[0], self.past).astype(np.float64)
            self.past.steps += 1
            return scores
        context = Context(training=False, seed=self.seed)
        context.state, context.past = self.state, self.past
        X = np.asarray(numbers)[:, None]
        with np.errstate(all="ignore"):
            Z = self.model.loop.apply(self.model.networks, Batch(X, X[:0]), context)
            scores = Z[-1, :, 0].astype(np.float64)
        self.past.steps += len(X)
        return scores

    def draw(self, scores: Array, stream: streams.Stream) -> int:
        """A symbol, as `drawing` says; never the unknown one."""
        known = scores.copy()
        known[0] = -np.inf
        return self.drawing.draw(known, stream)

    def numbers(self, prompt: str) -> Array:
        """The symbols of a prompt.  Raises ConfigError for what the model has never met."""
        parts = self.vocabulary.split(prompt)
        found = self.vocabulary.encode(parts)
        if not found.all():
            strange = sorted({part for part, number in zip(parts, found, strict=True) if number == 0})
            raise ConfigError(f"--prompt: {', '.join(map(repr, strange))} did not occur in the training text")
        return found

    def text(self, prompt: str, length: int, number: int = 0) -> Iterator[str]:
        """The prompt and `length` symbols more, piece by piece; the `number`-th text of this seed."""
        stream = streams.stream(self.seed, streams.SAMPLE, number)
        begin = self.numbers(prompt)
        self.forget()
        last = ""
        if len(begin):
            yield prompt
            last = self.vocabulary.split(prompt)[-1]
        scores = self.read(begin if len(begin) else self._start())
        for _ in range(length):
            drawn = self.draw(scores, stream)
            yield self.vocabulary.joint(last, self.symbols[drawn]) + self.symbols[drawn]
            last = self.symbols[drawn]
            scores = self.read(np.array([drawn]))

    def names(self, prompt: str, count: int) -> Iterator[str]:
        """`count` names that begin with the prompt."""
        if END in prompt:
            raise ConfigError("--prompt: a line break ends a name; give what one name begins with")
        begin = self.numbers(prompt)
        longest = _LONGEST_NAME if self.window is None else self.window - 1  # a line break before it is read too
        if len(begin) > longest:
            raise ConfigError(f"--prompt: {len(begin)} letters; this network knows names of at most {longest}")
        stream = streams.stream(self.seed, streams.SAMPLE)
        for _ in range(count):
            self.forget()
            scores, name = self.read(np.concatenate([self._start(), begin])), prompt
            while (letter := self.symbols[self.draw(scores, stream)]) != END and len(name) < longest:
                name += letter
                scores = self.read(self.numbers(letter))
            yield name

    def _start(self) -> Array:
        """A line break where there is one in the text, else the first symbol."""
        first = END if END in self.symbols else next(symbol for symbol in self.symbols if symbol != UNKNOWN)
        return self.vocabulary.encode([first])


def _uses_past(layer: Layer) -> bool:
    return layer.uses_past or any(map(_uses_past, layer.inner))
