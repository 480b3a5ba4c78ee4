"""One network reads a text, another writes what it is to be turned into."""

from __future__ import annotations

from typing import Any

import numpy as np

from nntrain.builder import Built, Entry, Model, Networks, Plan
from nntrain.builder.loop import entry
from nntrain.components import component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.parts import Batch
from nntrain.errors import ConfigError
from nntrain.inference.translator import DECODER, ENCODER, source_of
from nntrain.layers.containers import Sequential
from nntrain.model.layer import Cache, Context, ShapeError, Source
from nntrain.model.shapes import Array, Symbols
from nntrain.training.supervised import Supervised


@component("encoder_decoder")
class EncoderDecoder(Supervised):
    """P(y | x) = Π_t P(y⟨t⟩ | y⟨1⟩ … y⟨t−1⟩, x): an encoder reads the source x, a decoder writes the target y.

        S = encoder(x⟨1⟩ … x⟨T_x⟩)                          X (T_x, m) symbols of the sources    S (T_s, n_s, m)
        Z = decoder(start, y⟨1⟩ … y⟨T_y − 1⟩; S)            Z (T_y, classes, m): step t has the scores of y⟨t⟩

    Layers `cross_attention` of the decoder read S.  Teacher forcing: in training, and where loss and metrics are
    measured, step t reads the true y⟨t−1⟩; `nntrain predict` and `sample` let the decoder read what it has written.
    So a step must not see those behind it: attention of the decoder is `causal: true`.  The cost is the mean over the
    steps of the targets, padding left out; both networks learn under one optimizer.

    Sutskever et al. (2014), arXiv:1409.3215; Vaswani et al. (2017), arXiv:1706.03762; course 5, weeks 3 and 4.
    """

    networks = (ENCODER, DECODER)
    one_optimizer = True
    translates = True

    def plan(self, config: Config, facts: Facts) -> dict[str, Plan]:
        if facts.target_texts is None or facts.classes is None:
            raise ShapeError("needs pairs of texts, as the datasets translation, additions and dates have them", self)
        encoder, decoder = (Sequential(config.layers_of(name)) for name in self.networks)
        written = Symbols((facts.target_texts.length,), facts.classes, encoder.declare(facts.shape)[0])
        return {ENCODER: Plan(encoder, facts.shape, ENCODER), DECODER: Plan(decoder, written, DECODER)}

    def check(self, model: Model) -> None:
        decoder = model.networks[DECODER]
        if not decoder.root.reads_source:
            raise ShapeError("no layer of the decoder reads what the encoder gives; put cross_attention into it", self)
        super().check(model)

    def check_drawn(self, built: Built) -> None:
        """A step of the decoder sees none behind it: it would copy what it is to foretell."""
        batch = built.data.parts["train"].batch(np.arange(1))
        assert batch.previous is not None
        if len(batch.previous) == 1:
            return
        before = self.apply(built.networks, batch, Context(training=False))
        batch.previous[-1] = (batch.previous[-1] + 1) % built.networks[DECODER].output_shape[-1]
        after = self.apply(built.networks, batch, Context(training=False))
        if not np.allclose(before[:-1], after[:-1], rtol=1e-3, atol=1e-5):
            place = built.config.place(built.config.layers_of(DECODER)[-1])
            raise ConfigError(
                place.error(
                    "a step of the decoder sees those behind it, which it is to foretell; say causal: true in its "
                    "attention, and take no layer that reads backwards"
                )
            )

    def entries(self, networks: Networks, batch: Batch) -> dict[str, Entry]:
        encoder, decoder = networks[ENCODER], networks[DECODER]
        of_source = entry(encoder.input_shape, batch.X, batch.lengths)
        context = of_source.context()
        context.lengths = batch.lengths
        source = source_of(networks, encoder.apply(batch.X, context), batch)

        def beside() -> Context:
            context = of_source.context()
            context.source = Source(source.A.astype(np.float64), source.lengths)
            return context

        X = _previous(batch)
        shape = Symbols((len(X),), decoder.output_shape[-1], source.A.shape[:-1])
        return {ENCODER: of_source, DECODER: Entry(shape, X, beside, batch.target_lengths)}

    def forward(self, networks: Networks, batch: Batch, context: Context) -> tuple[Array, tuple[Cache, Cache, Source]]:
        S, encoded = networks[ENCODER].forward(batch.X, context)
        source = source_of(networks, S, batch)
        context.source, context.lengths = source, batch.target_lengths
        Z, decoded = networks[DECODER].forward(_previous(batch), context)
        return Z, (encoded, decoded, source)

    def accumulate(self, networks: Networks, dZ: Array, caches: Any) -> None:
        encoded, decoded, source = caches
        networks[DECODER].backward(dZ, decoded)  # to its first layer, even where that is frozen: ∂J/∂S is gathered
        networks[ENCODER].accumulate(source.dA, encoded)

    def apply(self, networks: Networks, batch: Batch, context: Context) -> Array:
        S = networks[ENCODER].apply(batch.X, context)
        context.source, context.lengths = source_of(networks, S, batch), batch.target_lengths
        return networks[DECODER].apply(_previous(batch), context)


def _previous(batch: Batch) -> Array:
    """y⟨t−1⟩ of every step."""
    assert batch.previous is not None
    return batch.previous
