"""Generative adversarial networks: a generator that draws examples against a discriminator that finds them out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nntrain.builder import Built, Loop, Model, Networks, Plan, Trainer
from nntrain.builder.checks import check_outputs
from nntrain.builder.length import schedule_in_steps, total_steps
from nntrain.components import arg, component
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.data.micro_batches import WHOLE, MicroBatches, Place
from nntrain.data.parts import Batch, Part
from nntrain.errors import DivergedError
from nntrain.files.json_fields import Fields
from nntrain.files.plain_values import JsonObject
from nntrain.inference.samples import leave_sample
from nntrain.inference.totals import Means
from nntrain.layers.containers import Sequential
from nntrain.model.layer import Context, ShapeError
from nntrain.model.network import Network
from nntrain.model.shapes import Array, show_shape
from nntrain.training.accumulation import over_parts
from nntrain.training.descent import Descent
from nntrain.training.game import MEASURES, Game

GENERATOR, DISCRIMINATOR = "generator", "discriminator"
# the applications of a network in one step: each draws from random streams of its own
REAL, DRAWN, JUDGED = 0, 1, 2
SHOWN = 500  # real points behind the drawn ones in a picture of points


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

    networks = (GENERATOR, DISCRIMINATOR)
    monitors = False
    adversarial = True
    predicts = False
    needs_targets = False
    takes_parts = True

    latent: int = arg("size of the noise z", default=64, ge=1)
    discriminator_steps: int = arg("steps k of the discriminator for each of the generator's", default=1, ge=1)
    conditional: bool = arg("draw examples of a given class", default=False)
    samples: int = arg("examples drawn into samples/ as the run goes, from the same z each time", default=64, ge=0)
    sample_epochs: int = arg("they are drawn every so many epochs", default=1, ge=1)

    def plan(self, config: Config, facts: Facts) -> dict[str, Plan]:
        extra = facts.classes or 0 if self.conditional else 0
        first, *rest = facts.input_shape
        shapes = {GENERATOR: (self.latent + extra,), DISCRIMINATOR: (first + extra, *rest)}
        return {name: Plan(Sequential(config.layers_of(name)), shape, prefix=name) for name, shape in shapes.items()}

    def check(self, model: Model) -> None:
        facts, G, D = model.facts, model.networks[GENERATOR], model.networks[DISCRIMINATOR]
        if facts.vocabulary is not None:
            raise ShapeError("a generator draws numbers, and the examples of this dataset are symbols", self)
        if self.conditional and (facts.classes is None or len(facts.input_shape) == 2):
            raise ShapeError("conditional: the examples must be vectors or images with labels", self)
        if G.output_shape != facts.input_shape:
            wanted, given = show_shape(facts.input_shape), show_shape(G.output_shape)
            raise ShapeError(f"the generator must give what the dataset gives: {wanted}, not {given}", G.layers[-1])
        check_outputs(D, model.config.loss, facts)

    def trainer(self, built: Built) -> GANTrainer:
        return GANTrainer(self, built)

    def evaluate(self, model: Model, part: Part) -> dict[str, float]:
        return self.game(model).evaluate(part)

    def draws(self, model: Model) -> bool:
        return True

    def draw(self, model: Model, count: int, seed: int) -> Array:
        return self.game(model).draw(count, seed, "sample")

    @property
    def draws_by_class(self) -> bool:
        return self.conditional

    def input_network(self, networks: Networks) -> Network:
        return networks[DISCRIMINATOR]

    def game(self, model: Model) -> Game:
        """The two networks of a model, and what goes into them."""
        classes = model.facts.classes or 0 if self.conditional else 0
        return Game(model, model.networks[GENERATOR], model.networks[DISCRIMINATOR], self.latent, classes)


# what was measured in each part of a batch, and its examples
Measured = list[tuple[dict[str, float], int]]
Gradient = Callable[[Batch, int, Place], tuple[float, dict[str, float]]]


def _share(dZ: Array, place: Place) -> Array:
    """A part's share of the derivative of a mean over the batch."""
    return dZ if place is WHOLE else dZ * dZ.dtype.type(place.share)


class GANTrainer(Trainer):
    """The game, one batch of real examples a step."""

    def __init__(self, loop: GAN, built: Built):
        super().__init__(built)
        config, self.loop = built.config, loop
        self.game = loop.game(built)
        self.generator, self.discriminator = self.game.generator, self.game.discriminator
        self.loss, self.seed = self.game.loss, config.seed
        self.descents = {
            name: Descent({name: network}, config.optimizer_of(name), config.training, name)
            for name, network in built.networks.items()
        }
        self.slots = {name: descent.slots[name] for name, descent in self.descents.items()}
        self.schedule, self.horizon = schedule_in_steps(config, built.data), total_steps(config, built.data)
        self.schedule_state = self.schedule.start()
        self.generator_steps = 0
        self.reset()

    def lr(self, step: int) -> dict[str, float]:
        factor: float = self.schedule(step, self.horizon, self.schedule_state)
        return {name: descent.optimizer.lr * factor for name, descent in self.descents.items()}

    # the algorithm

    def step(self, batch: Batch | MicroBatches, step: int) -> None:
        before = [vector.copy() for vector in self.vectors()]
        try:
            measured = self._teach_discriminator(batch, step)
            if (step + 1) % self.loop.discriminator_steps == 0:
                measured += self._teach_generator(batch, step)
        except DivergedError:
            # the discriminator may have taken its step already
            for vector, old in zip(self.vectors(), before, strict=True):
                vector[...] = old
            raise
        for part, size in measured:
            self.totals.add(part, size)

    def _teach_discriminator(self, batch: Batch | MicroBatches, step: int) -> Measured:
        cost, measured = self._gradient(batch, step, self.discriminator, self.discriminator_gradient)
        self.descents[DISCRIMINATOR].update(cost, self.lr(step)[DISCRIMINATOR], step + 1, step)
        self.loss.constrain(self.discriminator.trainable)
        return measured

    def _teach_generator(self, batch: Batch | MicroBatches, step: int) -> Measured:
        cost, measured = self._gradient(batch, step, self.generator, self.generator_gradient)
        self.descents[GENERATOR].update(cost, self.lr(step)[GENERATOR], self.generator_steps + 1, step)
        self.generator_steps += 1
        return measured

    def _gradient(
        self, batch: Batch | MicroBatches, step: int, learning: Network, gradient: Gradient
    ) -> tuple[float, Measured]:
        """Set a network's dθ to the gradient of a batch, whole or in parts; the cost and what was measured."""
        if not isinstance(batch, MicroBatches):
            cost, measured = gradient(batch, step, WHOLE)
            return cost, [(measured, batch.size)]
        every = over_parts(
            batch,
            self.networks.values(),
            [learning],
            lambda part, place: (*gradient(part, step, place), part.size),
        )
        return sum(cost for cost, _, _ in every), [(measured, size) for _, measured, size in every]

    def discriminator_gradient(self, batch: Batch, step: int, place: Place = WHOLE) -> tuple[float, dict[str, float]]:
        """Set D's dθ to ∂J_D/∂θ_D of a batch, or a part's share of it; the cost and what was measured on the way."""
        D = self.discriminator
        X_drawn = self.generator.apply(self._noise(batch, step, DRAWN, place), self._context(step, DRAWN, place))
        real, drawn = self._context(step, REAL, place), self._context(step, DRAWN, place)
        Z_real, caches_real = D.forward(self.game.labelled(batch.X, batch.Y), real)
        Z_drawn, caches_drawn = D.forward(self.game.labelled(X_drawn, batch.Y), drawn)
        J_real, dZ_real = self.loss(Z_real, np.ones_like(Z_real))
        J_drawn, dZ_drawn = self.loss(Z_drawn, np.zeros_like(Z_drawn))
        D.clear_gradient()
        D.accumulate(_share(dZ_real, place), caches_real)
        D.accumulate(_share(dZ_drawn, place), caches_drawn)  # gradients add: ∂J_D is the sum over both applications
        J = J_real + J_drawn
        return place.share * J + real.cost + drawn.cost, {
            "discriminator_loss": J,
            **self.game.accuracies(Z_real, Z_drawn),
        }

    def generator_gradient(self, batch: Batch, step: int, place: Place = WHOLE) -> tuple[float, dict[str, float]]:
        """Set G's dθ to ∂J_G/∂θ_G, or a part's share; the cost and what was measured.  D's dθ is of no use then."""
        G, D = self.generator, self.discriminator
        drawing, judging = self._context(step, JUDGED, place), self._context(step, JUDGED, place)
        X, drawn = G.forward(self._noise(batch, step, JUDGED, place), drawing)
        Z, judged = D.forward(self.game.labelled(X, batch.Y), judging)
        J, dZ = self.loss.generator(Z)
        dX = D.backward(_share(dZ, place), judged)  # also adds to D's dθ, which its next step begins with 0
        G.clear_gradient()
        G.accumulate(dX[: X.shape[0]], drawn)  # without the labels' part
        return place.share * J + drawing.cost + judging.cost, {"generator_loss": J}

    def _noise(self, batch: Batch, step: int, application: int, place: Place) -> Array:
        return self.game.noise(batch, step, self._context(step, application, place).occasion)

    def _context(self, step: int, application: int, place: Place) -> Context:
        return Context(
            training=True,
            seed=self.seed,
            step=step,
            application=application,
            part=place.number,
            share=place.share,
        )

    def vectors(self) -> list[Array]:
        """All that a step changes."""
        slots = [vector for of_network in self.slots.values() for vector in of_network.values()]
        return [*(network.theta for network in self.networks.values()), *slots]

    # what the engine asks

    def reset(self) -> None:
        self.totals = Means(MEASURES)

    def results(self) -> JsonObject:
        """Both losses, and the shares of real and of drawn examples that the discriminator knew for what they are."""
        return self.totals.results()

    def epoch_ended(self, epoch: int, folder: Path) -> None:
        if self.loop.samples and epoch % self.loop.sample_epochs == 0:
            train = self.built.data.parts["train"]
            X = self.game.draw(self.loop.samples, self.seed, "grid")
            real = self.built.facts.inputs_in_units(train.batch(np.arange(min(train.size, SHOWN))).X)
            leave_sample(folder / "samples", f"epoch_{epoch:04d}", X, self.built, real)

    def state(self) -> JsonObject:
        return {
            "totals": self.totals.as_json(),
            "schedule": self.schedule_state,
            "generator_steps": self.generator_steps,
        }

    def restore(self, saved: Fields) -> None:
        self.totals.restore(saved.fields("totals"))
        self.schedule_state = self.schedule.restore(saved.fields("schedule"))
        self.generator_steps = saved.whole("generator_steps")
