"""The game step by step: what is a gradient of what, who is updated when, and what a failed step leaves."""

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.errors import DivergedError
from nntrain.layers import Context
from nntrain.model.layer import layer_names
from nntrain.training.game import with_labels

G = [{"dense": 6}, "batch_norm", "tanh", {"dense": 2}]
D = [{"dense": 5}, "batch_norm", "tanh", {"dropout": 0.4}, {"dense": 1}]


def trainer(loop=None, loss="gan", dtype="float64", generator=G, discriminator=D, optimizer=None, **training):
    each = optimizer or {"type": "sgd", "lr": 0.1}
    built = build(
        config.read(
            {
                "dataset": {"type": "moons", "examples": 60, "validation": 0, "batch_size": 7},
                "architecture": {"generator": generator, "discriminator": discriminator},
                "loss": loss,
                "optimizer": {"generator": each, "discriminator": each},
                "training": {"epochs": 1, "loop": {"type": "gan", "latent": 3, **(loop or {})}, **training},
                "dtype": dtype,
            }
        )
    )
    return built.config.training.loop.trainer(built), built.data.parts["train"]


def batch_of(part, start=0, m=7):
    return part.batch(np.arange(start, start + m))


def costs(game, batch, step=0):
    """J_D and J_G as functions of the parameters, written down from the paper: no gradient in sight."""

    def context(application):
        return Context(training=True, seed=game.seed, step=step, application=application)

    def show(X):
        return with_labels(X, batch.Y, 2) if game.loop.conditional else X

    def score(network, X, application):
        return network.forward(show(X), context(application))[0]

    def J_D():
        drawn = game.generator.forward(game.game.noise(batch, step, 1), context(1))[0]
        real, fake = score(game.discriminator, batch.X, 0), score(game.discriminator, drawn, 1)
        return game.loss(real, np.ones(7))[0] + game.loss(fake, np.zeros(7))[0]

    def J_G():
        drawn = game.generator.forward(game.game.noise(batch, step, 2), context(2))[0]
        return game.loss.generator(score(game.discriminator, drawn, 2))[0]

    return {"discriminator": J_D, "generator": J_G}


def slope(J, network, v):
    """The derivative of J along v in the network's trainable θ, by central differences."""
    theta = network.theta.copy()
    values = []
    for sign in (1, -1):
        network.trainable[...] = theta[: v.size] + sign * 1e-6 * v
        values.append(J())
        network.theta[...] = theta
    return (values[0] - values[1]) / 2e-6


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("loss", ["gan", {"gan": {"label_smoothing": 0.1}}, "hinge", {"wasserstein": 100.0}])
def test_each_network_descends_the_gradient_of_its_own_cost(loss, conditional):
    """With sgd a step is −α dθ: of J_D over two applications of D, and of J_G through the D that has just learned."""
    game, part = trainer({"conditional": conditional}, loss)
    batch = batch_of(part)
    J = costs(game, batch)
    before = game.discriminator.trainable.copy(), game.generator.trainable.copy()
    random = np.random.default_rng(0)
    v, w = random.standard_normal(before[0].size), random.standard_normal(before[1].size)
    theta = game.generator.theta.copy()
    expected = slope(J["discriminator"], game.discriminator, v)
    game.generator.theta[...] = theta

    game.step(batch, 0)
    dD = (before[0] - game.discriminator.trainable) / 0.1
    dG = (before[1] - game.generator.trainable) / 0.1
    assert np.vdot(dD, v) == pytest.approx(expected, rel=1e-6)
    game.generator.trainable[...] = before[1]
    assert np.vdot(dG, w) == pytest.approx(slope(J["generator"], game.generator, w), rel=1e-6)


def test_two_applications_before_one_backward_pass_give_the_sum_of_both_gradients():
    game, part = trainer()
    network, batches = game.discriminator, [batch_of(part), batch_of(part, 20)]

    def forward(i):
        return network.forward(batches[i].X, Context(training=True, step=4, application=i))

    alone = []
    for i in (0, 1):
        network.dtheta.fill(0)
        Z, caches = forward(i)
        network.accumulate(np.cos(Z), caches)
        alone.append(network.dtheta.copy())
    network.dtheta.fill(0)
    done = [forward(0), forward(1)]
    for Z, caches in done:
        network.accumulate(np.cos(Z), caches)
    np.testing.assert_allclose(network.dtheta, alone[0] + alone[1], rtol=1e-12)
    assert np.abs(alone[0] - alone[1]).max() > 0.01


def test_real_and_drawn_examples_have_batch_statistics_of_their_own():
    """Where they had them together, moving the drawn ones would move the scores of the real ones."""
    game, part = trainer(discriminator=["batch_norm", {"dense": 1}])
    seen = []
    loss = type(game.loss)

    class Watching(loss):
        def __call__(self, Z, Y, mask=None):
            seen.append(Z.copy())
            return super().__call__(Z, Y, mask)

    game.loss = Watching()
    batch = batch_of(part)
    state = [vector.copy() for vector in game.vectors()]
    for shift in (0.0, 50.0):
        for vector, old in zip(game.vectors(), state, strict=True):
            vector[...] = old
        game.generator.layout.array(game.generator.theta, "generator.dense_2.b")[...] += shift
        game.step(batch, 0)
    real, _, real_again, _ = seen
    np.testing.assert_array_equal(real, real_again)


def test_the_generator_learns_at_every_kth_step_of_the_discriminator():
    game, part = trainer({"discriminator_steps": 3}, optimizer={"type": "adam", "lr": 0.01})
    moved = {"generator": [], "discriminator": []}
    for step in range(7):
        before = {name: network.trainable.copy() for name, network in game.networks.items()}
        game.step(batch_of(part), step)
        for name, network in game.networks.items():
            moved[name].append(not np.array_equal(before[name], network.trainable))
    assert moved["discriminator"] == [True] * 7
    assert moved["generator"] == [False, False, True, False, False, True, False]
    assert game.state()["generator_steps"] == 2


def test_noise_is_new_at_every_step_and_for_each_network():
    game, part = trainer()
    noises = [game.game.noise(batch_of(part), step, turn) for step in (0, 1) for turn in (1, 2)]
    assert len({z.tobytes() for z in noises}) == 4
    assert np.array_equal(noises[0], game.game.noise(batch_of(part), 0, 1))


def test_the_critic_of_wasserstein_stays_clipped():
    game, part = trainer(loss={"wasserstein": 0.02})
    for step in range(3):
        game.step(batch_of(part), step)
    assert np.abs(game.discriminator.trainable).max() == 0.02
    assert np.abs(game.generator.trainable).max() > 0.02


@pytest.mark.parametrize("whose", ["generator", "discriminator"])
def test_a_step_that_diverges_leaves_everything_as_it_was(whose):
    """The generator's cost is known only after the discriminator's step: that step is taken back."""
    game, part = trainer(optimizer={"type": "adam", "lr": 0.01})
    game.step(batch_of(part), 0)
    before = {name: array.copy() for name, array in game.arrays().items()}
    results = game.results()

    class Broken(type(game.loss)):
        def __call__(self, Z, Y, mask=None):
            J, dZ = super().__call__(Z, Y, mask)
            return (np.nan if whose == "discriminator" else J), dZ

        def generator(self, Z):
            J, dZ = super().generator(Z)
            return J, dZ * np.nan

    game.loss = Broken()
    with pytest.raises(DivergedError, match=rf"diverged at step 2: the .*{whose}'s .* lower optimizer\.{whose}\.lr"):
        game.step(batch_of(part, 7), 1)
    assert {name: array.tobytes() for name, array in game.arrays().items()} == {
        name: array.tobytes() for name, array in before.items()
    }
    assert game.results() == results
    assert game.state()["generator_steps"] == 1


def test_labels_are_further_features_and_constant_channels_of_images():
    X, labels = np.arange(6.0).reshape(2, 3), np.array([2, 0, 1])
    np.testing.assert_array_equal(with_labels(X, labels, 3), [*X, [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    images = np.ones((1, 4, 5, 3), np.float32)
    shown = with_labels(images, labels, 3)
    assert shown.shape == (4, 4, 5, 3)
    assert shown.dtype == np.float32
    np.testing.assert_array_equal(shown[1:, 2, 3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(shown[1:].min(axis=(1, 2)), shown[1:].max(axis=(1, 2)))


def test_clipping_and_penalties_hold_for_both_networks():
    plain, part = trainer()
    clipped, _ = trainer(clip_norm=1e-3)
    penalised, _ = trainer(l2=0.5)
    batch = batch_of(part)
    for game in (plain, clipped, penalised):
        game.before = {name: network.trainable.copy() for name, network in game.networks.items()}
        game.step(batch, 0)
    for name in plain.networks:
        length = np.linalg.norm(clipped.networks[name].trainable - clipped.before[name])
        assert length == pytest.approx(0.1 * 1e-3)
    decayed = plain.discriminator.layout.decayed
    difference = (plain.discriminator.trainable - penalised.discriminator.trainable)[:decayed]
    np.testing.assert_allclose(difference, 0.1 * 0.5 * plain.before["discriminator"][:decayed], rtol=1e-9)


def test_layers_of_both_networks_are_saved_under_the_networks_names():
    game, _ = trainer(optimizer={"type": "adam", "lr": 0.01})
    names = list(game.arrays())
    assert names[0] == "generator.dense_1.W"
    assert "discriminator.batch_norm_1.mean" in names
    assert "optimizer/velocity/generator.dense_2.b" in names
    assert "optimizer/square/discriminator.dense_1.W" in names
    assert {name.split(".")[1] for name in names if name.startswith("generator")} == {
        name for name in layer_names(game.generator.layers) if not name.startswith("tanh")
    }
