"""The game of a generator against a discriminator: what goes into them, what comes out, who knows whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nntrain.builder import Model
from nntrain.data.loader import shared_batches
from nntrain.data.parts import Batch, Part
from nntrain.inference.samples import in_chunks
from nntrain.inference.totals import Means
from nntrain.losses.adversarial import AdversarialLoss
from nntrain.model.layer import Context
from nntrain.model.network import Network
from nntrain.model.shapes import Array
from nntrain.parallel import team
from nntrain.runtime import streams

MEASURES = ("discriminator_loss", "generator_loss", "accuracy_real", "accuracy_drawn")


@dataclass
class Game:
    """A generator G: z -> x and a discriminator D: x -> (1, m).   z (latent, m) normal

    classes   K where labels go into both networks (a conditional game), else 0
    """

    model: Model
    generator: Network
    discriminator: Network
    latent: int
    classes: int

    @property
    def loss(self) -> AdversarialLoss:
        """What the discriminator pays, and the generator."""
        loss = self.model.config.loss
        if not isinstance(loss, AdversarialLoss):
            raise TypeError(f"the loss {loss.type} does not derive from nntrain.losses.adversarial.AdversarialLoss")
        return loss

    def noise(self, batch: Batch, *place: int) -> Array:
        """z for as many examples as a batch has, with its labels; `place` keys the random stream."""
        z = streams.stream(self.model.config.seed, streams.LATENT, *place)
        return self.labelled(z.normal((self.latent, batch.size), self.generator.dtype), batch.Y)

    def labelled(self, X: Array, labels: Array) -> Array:
        """X with the labels, where the game is conditional."""
        return with_labels(X, labels, self.classes) if self.classes else X

    def accuracies(self, Z_real: Array, Z_drawn: Array) -> dict[str, float]:
        """The shares of real and of drawn examples that the discriminator knew for what they are."""
        boundary = self.loss.boundary(Z_real, Z_drawn)
        return {
            "accuracy_real": float((Z_real > boundary).mean()),
            "accuracy_drawn": float((Z_drawn <= boundary).mean()),
        }

    def evaluate(self, part: Part) -> dict[str, float]:
        """MEASURES for the examples of a part against as many drawn ones, in evaluation mode."""
        G, D, config = self.generator, self.discriminator, self.model.config
        loss, place, found = self.loss, streams.key("evaluation"), {}
        for number, batch in shared_batches(part, config.part_size):
            context = Context(training=False, seed=config.seed)
            X_drawn = G.apply(self.noise(batch, place, number), context)
            Z_real = D.apply(self.labelled(batch.X, batch.Y), context)
            Z_drawn = D.apply(self.labelled(X_drawn, batch.Y), context)
            J_D = loss.evaluate(Z_real, np.ones_like(Z_real)) + loss.evaluate(Z_drawn, np.zeros_like(Z_drawn))
            measured = {"discriminator_loss": J_D, "generator_loss": loss.generator(Z_drawn)[0]}
            found[number] = measured | self.accuracies(Z_real, Z_drawn), batch.size
        totals = Means(MEASURES)
        for values, size in team.current().gather(found):
            totals.add(values, size)
        return totals.results()

    def draw(self, count: int, seed: int, purpose: str) -> Array:
        """`count` examples (N, …), in the data's units; of a conditional game example i is of class i mod K.

        The noise depends on seed and purpose.
        """
        z = streams.stream(seed, streams.SAMPLE, streams.key(purpose)).normal(
            (self.latent, count), self.generator.dtype
        )
        z = self.labelled(z, np.arange(count) % max(1, self.classes))
        X = in_chunks(lambda part: self.generator.apply(part, Context(training=False, seed=seed)), z)
        return self.model.facts.inputs_in_units(X)


def with_labels(X: Array, labels: Array, classes: int) -> Array:
    """X with the labels (m,), one-hot, as further features; of images (C, H, W, m) as constant channels."""
    Y = np.arange(classes)[:, None] == labels
    if X.ndim == 4:
        Y = np.broadcast_to(Y[:, None, None], (classes, *X.shape[1:]))
    return np.concatenate([X, Y.astype(X.dtype)])
