"""What a model of text writes: symbol by symbol, each drawn from what the network expects after those before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nntrain.data.names import END
from nntrain.data.parts import Batch
from nntrain.data.vocabulary import UNKNOWN
from nntrain.errors import ConfigError, DataError
from nntrain.inference.load import Loaded
from nntrain.model.layer import Context, State
from nntrain.model.shapes import Array
from nntrain.runtime import streams

_LONGEST_NAME = 100


class Writer:
    """A network that reads symbols and remembers them in its recurrent state.

    Raises ConfigError where the model is not one of text, or needs more than its state and the next symbol.
    """

    def __init__(self, loaded: Loaded, temperature: float, seed: int | None):
        vocabulary = loaded.facts.text
        if not loaded.loop.predicts or vocabulary is None or loaded.facts.label_names is not None:
            raise ConfigError(
                f"{loaded.path}: this network draws nothing; GANs, variational autoencoders and models of text do"
            )
        self.model, self.temperature = loaded, temperature
        self.seed = loaded.config.seed if seed is None else seed
        self.vocabulary, self.symbols = vocabulary, vocabulary.symbols
        self._check(str(loaded.path))

    def _check(self, source: str) -> None:
        """Symbol by symbol must give what the network gives for the whole."""
        X = streams.stream(0, streams.SAMPLE).integers(len(self.symbols), (6,))
        self.forget()
        try:
            whole = self.read(X)
            self.forget()
            alone = [self.read(x) for x in X[:, None]][-1]
        except (ValueError, DataError):  # shapes that hold for pieces of the trained length alone
            alone = whole = np.array([np.nan])
        if not np.allclose(alone, whole, rtol=1e-3, atol=1e-3):
            raise ConfigError(
                f"{source}: sample: this network cannot write symbol by symbol, as its outputs depend on more than the "
                "recurrent state and the symbol: a bidirectional layer, or one across steps"
            )

    def forget(self) -> None:
        """Begin anew."""
        self.state: State = {}

    def read(self, numbers: Array) -> Array:
        """Scores (vocabulary,) of what follows after these symbols too."""
        context = Context(training=False, seed=self.seed)
        context.state = self.state
        X = np.asarray(numbers)[:, None]
        with np.errstate(all="ignore"):
            Z = self.model.loop.apply(self.model.networks, Batch(X, X[:0]), context)
            scores: Array = Z[-1, :, 0].astype(np.float64)
        return scores

    def draw(self, scores: Array, stream: streams.Stream) -> int:
        """A symbol from softmax(scores / temperature); the likeliest at temperature 0.  Never the unknown one."""
        scores = np.where(np.arange(len(scores)) == 0, -np.inf, scores)
        if self.temperature == 0:
            return int(scores.argmax())
        with np.errstate(over="ignore"):  # a temperature of nearly 0: what is not the likeliest has odds of 0
            odds = np.exp((scores - scores.max()) / self.temperature)
        at = np.cumsum(odds)
        return int(np.searchsorted(at, stream.uniform((1,))[0] * at[-1], side="right"))

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
        stream = streams.stream(self.seed, streams.SAMPLE)
        for _ in range(count):
            self.forget()
            scores, name = self.read(np.concatenate([self._start(), begin])), prompt
            while (letter := self.symbols[self.draw(scores, stream)]) != END and len(name) < _LONGEST_NAME:
                name += letter
                scores = self.read(self.numbers(letter))
            yield name

    def _start(self) -> Array:
        """A line break where there is one in the text, else the first symbol."""
        first = END if END in self.symbols else next(symbol for symbol in self.symbols if symbol != UNKNOWN)
        return self.vocabulary.encode([first])
