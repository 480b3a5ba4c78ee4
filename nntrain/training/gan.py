"""Generative adversarial networks: a generator that draws examples against a discriminator that finds them out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nntrain.builder import Built
from nntrain.builder.length import total_steps
from nntrain.builder.loop import Loop, Model, check_outputs
from nntrain.builder.trainer import Trainer
from nntrain.components import arg, component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.loader import evaluation_batches
from nntrain.data.parts import Batch, Part
from nntrain.errors import DivergedError
from nntrain.inference import draw as drawing
from nntrain.inference.draw import with_labels
from nntrain.inference.totals import Means
from nntrain.losses.adversarial import AdversarialLoss
from nntrain.model.layer import Context, ShapeError
from nntrain.model.network import Network
from nntrain.model.shapes import Array, Shape, show_shape
from nntrain.runtime import streams
from nntrain.training.complete_gradient import complete_gradient

# the applications of a network in one step: each draws from random streams of its own
REAL, DRAWN, JUDGED = 0, 1, 2
SHOWN = 500  # real points behind the drawn ones in a picture of points
MEASURES = ("discriminator_loss", "generator_loss", "accuracy_real", "accuracy_drawn")


@component("gan")
class GAN(Loop):
    """A generator G draws examples, a discriminator D finds them out.   z (latent, m) normal   D(x) (1, m)

        every step          a batch x and noise z:   D descends  ∂/∂θ_D [ 𝓛(D(x), 1) + 𝓛(D(G(z)), 0) ]
        every k-th step     new noise z:             G descends  ∂/∂θ_G J_G(D(G(z)))

    Goodfellow et al. (2014), arXiv:1406.2661, Algorithm 1.  𝓛 and J_G are the loss: gan, hinge or wasserstein.  D(x)
    and D(G(z)) are two applications with batch statistics of their own.  G draws in the network's units: images lie in
    0 … 1, so its last layer is a sigmoid; other data are best standardized, and G ends in a dense layer.

    conditional   Mirza and Osindero (2014), arXiv:1411.1784: the labels of the batch go, one-hot, with z into G and
                  with x into D, as further features (of images: as constant channels)
    """

    networks = ("generator", "discriminator")
    monitors = False
    adversarial = True

    latent: int = arg("size of the noise z", default=64, ge=1)
    discriminator_steps: int = arg("steps k of the discriminator for each of the generator's", default=1, ge=1)
    conditional: bool = arg("draw examples of a given class", default=False)
    samples: int = arg("examples drawn into samples/ as the run goes, from the same z each time", default=64, ge=0)
    sample_epochs: int = arg("they are drawn every so many epochs", default=1, ge=1)

    def input_shapes(self, facts: Facts) -> dict[str, Shape]:
        extra = facts.classes or 0 if self.conditional else 0
        first, *rest = facts.input_shape
        return {"generator": (self.latent + extra,), "discriminator": (first + extra, *rest)}

    def check(self, networks: Mapping[str, Network], config: Config, facts: Facts) -> None:
        G, D = networks["generator"], networks["discriminator"]
        if facts.vocabulary is not None:
            raise ShapeError("a generator draws numbers, and the examples of this dataset are symbols", self)
        if self.conditional and (facts.classes is None or len(facts.input_shape) == 2):
            raise ShapeError("conditional: the examples must be vectors or images with labels", self)
        if G.output_shape != facts.input_shape:
            wanted, given = show_shape(facts.input_shape), show_shape(G.output_shape)
            raise ShapeError(f"the generator must give what the dataset gives: {wanted}, not {given}", G.layers[-1])
        check_outputs(D, config.loss, facts)

    def evaluate(self, model: Model, part: Part) -> dict[str, Any]:
        """MEASURES for the examples of a part against as many drawn ones, in evaluation mode."""
        G, D = (model.networks[name] for name in self.networks)
        loss, seed = model.config.loss, model.config.seed
        totals, place = Means(MEASURES), streams.key("evaluation")
        for number, batch in enumerate(evaluation_batches(part, model.config.dataset.batch_size)):
            context = Context(training=False, seed=seed)
            z = streams.stream(seed, streams.LATENT, place, number).normal((self.latent, batch.size), G.dtype)
            X_drawn = G.apply(self.labelled(z, batch, model.facts), context)
            Z_real = D.apply(self.labelled(batch.X, batch, model.facts), context)
            Z_drawn = D.apply(self.labelled(X_drawn, batch, model.facts), context)
            J_D = loss.evaluate(Z_real, np.ones_like(Z_real)) + loss.evaluate(Z_drawn, np.zeros_like(Z_drawn))
            measured = {"discriminator_loss": J_D, "generator_loss": loss.generator(Z_drawn)[0]}
            totals.add(measured | accuracies(loss, Z_real, Z_drawn), batch.size)
        return totals.results()

    def labelled(self, X: Array, batch: Batch, facts: Facts) -> Array:
        """X with the labels of the batch, where the game is conditional."""
        return with_labels(X, batch.Y, facts.classes or 0) if self.conditional else X

    def trainer(self, built: Built) -> GANTrainer:
        return GANTrainer(built)


def accuracies(loss: AdversarialLoss, Z_real: Array, Z_drawn: Array) -> dict[str, float]:
    """The shares of real and of drawn examples that the discriminator knew for what they are."""
    boundary = loss.boundary(Z_real, Z_drawn)
    return {
        "accuracy_real": float((Z_real > boundary).mean()),
        "accuracy_drawn": float((Z_drawn <= boundary).mean()),
    }


class GANTrainer(Trainer):
    """The game, one batch of real examples a step."""

    def __init__(self, built: Built):
        config = built.config
        self.loop: GAN = config.training.loop
        self.built = built
        self.networks = built.networks
        self.generator, self.discriminator = (built.networks[name] for name in GAN.networks)
        self.loss, self.optimizers, self.schedule = config.loss, config.optimizer, config.schedule
        self.training, self.seed, self.batch_size = config.training, config.seed, config.dataset.batch_size
        self.data, self.facts = built.data, built.data.facts
        self.horizon = total_steps(config, built.data)
        self.schedule_state = self.schedule.start()
        self.slots = {
            name: {slot: np.zeros_like(network.dtheta) for slot in self.optimizers[name].slot_names()}
            for name, network in self.networks.items()
        }
        self.generator_steps = 0
        self.reset()

    def lr(self, step: int) -> dict[str, float]:
        factor = self.schedule(step, self.horizon, self.schedule_state)
        return {name: self.optimizers[name].lr * factor for name in self.networks}

    # the algorithm

    def step(self, batch: Batch, step: int) -> None:
        before = [vector.copy() for vector in self._vectors()]
        try:
            measured = self._teach_discriminator(batch, step)
            if (step + 1) % self.loop.discriminator_steps == 0:
                measured |= self._teach_generator(batch, step)
        except DivergedError:
            # the discriminator may have taken its step already
            for vector, old in zip(self._vectors(), before, strict=True):
                vector[...] = old
            raise
        self.totals.add(measured, batch.size)

    def _teach_discriminator(self, batch: Batch, step: int) -> dict[str, float]:
        D = self.discriminator
        X_drawn = self.generator.apply(self._noise(batch, step, DRAWN), self._context(step, DRAWN))
        real, drawn = self._context(step, REAL), self._context(step, DRAWN)
        Z_real, caches_real = D.forward(self._labelled(batch.X, batch), real)
        Z_drawn, caches_drawn = D.forward(self._labelled(X_drawn, batch), drawn)
        J_real, dZ_real = self.loss(Z_real, np.ones_like(Z_real))
        J_drawn, dZ_drawn = self.loss(Z_drawn, np.zeros_like(Z_drawn))
        D.clear_gradient()
        D.accumulate(dZ_real, caches_real)
        D.accumulate(dZ_drawn, caches_drawn)  # gradients add: ∂J_D is the sum over both applications
        self._descend("discriminator", J_real + J_drawn + real.cost + drawn.cost, step, step + 1)
        self.loss.constrain(D.trainable)
        return {"discriminator_loss": J_real + J_drawn, **accuracies(self.loss, Z_real, Z_drawn)}

    def _teach_generator(self, batch: Batch, step: int) -> dict[str, float]:
        G, D = self.generator, self.discriminator
        drawing, judging = self._context(step, JUDGED), self._context(step, JUDGED)
        X, drawn = G.forward(self._noise(batch, step, JUDGED), drawing)
        Z, judged = D.forward(self._labelled(X, batch), judging)
        J, dZ = self.loss.generator(Z)
        dX = D.backward(dZ, judged)  # also adds to D's dθ, which its next step begins with 0
        G.clear_gradient()
        G.accumulate(dX[: X.shape[0]], drawn)  # without the labels' part
        self._descend("generator", J + drawing.cost + judging.cost, step, self.generator_steps + 1)
        self.generator_steps += 1
        return {"generator_loss": J}

    def _descend(self, name: str, cost: float, step: int, t: int) -> None:
        network = self.networks[name]
        complete_gradient(network, self.training, cost, step, name)
        self.optimizers[name].step(
            network.trainable, network.dtheta, self.slots[name], self.lr(step)[name], t, network.layout.decayed
        )

    # its parts

    def _noise(self, batch: Batch, step: int, application: int) -> Array:
        z = streams.stream(self.seed, streams.LATENT, step, application)
        return self._labelled(z.normal((self.loop.latent, batch.size), self.generator.dtype), batch)

    def _labelled(self, X: Array, batch: Batch) -> Array:
        return self.loop.labelled(X, batch, self.facts)

    def _context(self, step: int, application: int) -> Context:
        return Context(training=True, seed=self.seed, step=step, application=application)

    def _vectors(self) -> list[Array]:
        """All that a step changes."""
        slots = [vector for name in self.networks for vector in self.slots[name].values()]
        return [*(network.theta for network in self.networks.values()), *slots]

    # what the engine asks

    def reset(self) -> None:
        self.totals = Means(MEASURES)

    def results(self) -> dict[str, Any]:
        """Both losses, and the shares of real and of drawn examples that the discriminator knew for what they are."""
        return self.totals.results()

    def evaluate(self, part: Part) -> dict[str, Any]:
        return self.loop.evaluate(self.built, part)

    def epoch_ended(self, epoch: int, folder: Path) -> None:
        if self.loop.samples and epoch % self.loop.sample_epochs == 0:
            loop, facts, train = self.loop, self.facts, self.data.parts["train"]
            X = drawing.draw(self.generator, loop, facts, loop.samples, self.seed, "grid")
            real = facts.inputs_in_units(train.batch(np.arange(min(train.size, SHOWN))).X)
            drawing.leave_sample(folder / "samples", f"epoch_{epoch:04d}", X, loop, facts, real)

    def state(self) -> dict[str, Any]:
        return {
            "totals": self.totals.as_json(),
            "schedule": self.schedule_state,
            "generator_steps": self.generator_steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.totals.restore(state["totals"])
        self.schedule_state = state["schedule"]
        self.generator_steps = state["generator_steps"]
