"""Parts, batches and the order of examples."""

from pathlib import Path

import numpy as np
import pytest

import nntrain.data
from nntrain.components import find
from nntrain.data import Digits, Sine, Spirals, Xor
from nntrain.data.loader import batches, evaluation_batches, order
from nntrain.data.splits import choose
from nntrain.errors import DataError
from nntrain.runtime import streams


def everything(part):
    return part.batch(np.arange(part.size))


def test_digits_are_images_in_0_to_1_in_three_parts():
    data = Digits(validation=0.1, test=0.2).load(0, "float32")
    assert data.facts.input_shape == (1, 8, 8)
    assert (data.facts.target, data.facts.classes, data.facts.features) == ("labels", 10, 64)
    assert list(data.parts) == ["train", "validation", "test"]
    assert [part.size for part in data.parts.values()] == [1294, 144, 359]
    X = everything(data.parts["train"]).X
    assert (X.min(), X.max(), X.dtype) == (0, 1, np.float32)


@pytest.mark.parametrize("m", [1, 5])
def test_a_batch_has_the_asked_examples_as_its_last_axis(m):
    part = Digits(validation=0, shuffle=False).load(0, "float64").parts["train"]
    with np.load(Path(nntrain.data.__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"]
    rows = np.array([7, 3, 1700, 3, 0])[:m]
    batch = part.batch(rows)
    assert batch.X.shape == (1, 8, 8, m)
    assert batch.size == m
    assert batch.X.flags.c_contiguous
    for i, row in enumerate(rows):
        np.testing.assert_array_equal(batch.X[0, ..., i] * 16, images[row])
        assert batch.Y[i] == labels[row]


def test_writing_into_a_batch_leaves_the_data_alone():
    part = Sine(validation=0).load(0, "float64").parts["train"]
    before = everything(part)
    kept = before.X.copy(), before.Y.copy()
    before.X[...], before.Y[...] = 7, 7
    after = everything(part)
    np.testing.assert_array_equal(after.X, kept[0])
    np.testing.assert_array_equal(after.Y, kept[1])


def test_parts_are_disjoint_complete_and_the_same_for_the_same_seed():
    def points(seed):
        data = Spirals(200, validation=0.25, test=0.3).load(seed, "float64")
        return [{tuple(x) for x in everything(part).X.T} for part in data.parts.values()]

    train, validation, test = points(4)
    assert (len(train), len(validation), len(test)) == (105, 35, 60)
    assert len(train | validation | test) == 200
    assert points(4) == [train, validation, test]


def test_another_seed_splits_otherwise():
    first, second = (Digits(test=0.2).load(seed, "float32").parts["test"] for seed in (0, 1))
    assert not np.array_equal(everything(first).X, everything(second).X)


def test_the_validation_split_does_not_move_the_test_part():
    tests = [Digits(test=0.2, validation=v).load(0, "float32").parts["test"] for v in (0, 0.3)]
    np.testing.assert_array_equal(everything(tests[0]).X, everything(tests[1]).X)


def test_every_class_gives_its_share():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    chosen = choose(160, 0.2, streams.stream(0, streams.SPLIT, 0), labels)
    assert np.bincount(labels[chosen]).tolist() == [20, 10, 2]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("counts", [[1, 1, 1], [1, 7], [2, 2, 9], [40, 1, 3]])
def test_each_class_keeps_an_example_where_that_is_possible(counts, share):
    labels = np.repeat(np.arange(len(counts)), counts)
    size = len(labels)
    chosen = choose(size, share, streams.stream(1, streams.SPLIT, 0), labels)
    taken = int(chosen.sum())
    assert taken == min(max(round(share * size), 1), size - 1)
    if size - taken >= len(counts):
        assert set(labels[~chosen]) == set(labels)


def test_one_example_cannot_be_divided():
    with pytest.raises(DataError, match=r"xor: error: 2 examples are too few for validation: 0\.5; give validation: 0"):
        Xor(2, test=0.5, validation=0.5).load(0, "float32")


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_alone():
    first = order(0, 3, 50, shuffle=True)
    assert sorted(first) == list(range(50))
    np.testing.assert_array_equal(first, order(0, 3, 50, shuffle=True))
    assert not np.array_equal(first, order(0, 4, 50, shuffle=True))
    assert not np.array_equal(first, order(1, 3, 50, shuffle=True))
    np.testing.assert_array_equal(order(0, 3, 50, shuffle=False), np.arange(50))


@pytest.mark.parametrize("drop_last", [False, True])
def test_an_epoch_resumed_at_any_batch_goes_on_with_the_same_batches(drop_last):
    settings = Xor(50, batch_size=8, validation=0, drop_last=drop_last)
    part = settings.load(0, "float32").parts["train"]
    whole = [batch.X for batch in batches(part, settings, 5, epoch=2)]
    assert [X.shape[-1] for X in whole] == [8] * 6 + [2] * (not drop_last)
    for position in range(len(whole) + 1):
        rest = [batch.X for batch in batches(part, settings, 5, epoch=2, position=position)]
        assert len(rest) == len(whole) - position
        for a, b in zip(rest, whole[position:], strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_batch_larger_than_the_data_is_all_the_data():
    settings = Xor(20, batch_size=64, validation=0)
    part = settings.load(0, "float32").parts["train"]
    assert [batch.size for batch in batches(part, settings, 0, 0)] == [20]


@pytest.mark.parametrize(("batch_size", "sizes"), [(32, [256, 256, 88]), (400, [400, 200])])
def test_evaluation_goes_through_all_examples_in_order(batch_size, sizes):
    part = Xor(600, validation=0).load(0, "float32").parts["train"]
    found = [batch.X for batch in evaluation_batches(part, batch_size)]
    assert [X.shape[-1] for X in found] == sizes
    np.testing.assert_array_equal(np.concatenate(found, axis=-1), part.batch(np.arange(600)).X)


@pytest.mark.parametrize("name", ["xor", "blobs", "moons", "circles", "spirals", "sine"])
def test_generated_data_depend_on_the_seed_alone(name):
    dataset = find("dataset")[name](30, test=0.2)
    data = dataset.load(3, "float64")
    assert data.sha256 == dataset.load(3, "float32").sha256 != dataset.load(4, "float64").sha256
    assert sum(part.size for part in data.parts.values()) == 30
    batch = everything(data.parts["train"])
    if name == "sine":
        assert (data.facts.target, data.facts.outputs, batch.Y.shape) == ("values", 1, (1, batch.size))
        assert np.abs(batch.Y - np.sin(batch.X)).max() < 0.6
    else:
        assert (data.facts.target, data.facts.input_shape) == ("labels", (2,))
        assert set(batch.Y) == set(range(data.facts.classes))


def test_generated_data_have_no_files():
    with pytest.raises(ValueError, match="validation: xor takes a share"):
        Xor(validation="points.csv")


def test_standardized_inputs_have_mean_0_and_deviation_1_in_the_training_part_alone():
    data = Spirals(300, test=0.5, standardize=True).load(0, "float64")
    X = everything(data.parts["train"]).X
    np.testing.assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=1), 1, rtol=1e-12)
    assert abs(everything(data.parts["test"]).X.mean()) > 1e-6


def test_images_are_standardized_by_channel():
    data = Digits(standardize=True, validation=0).load(0, "float64")
    X = everything(data.parts["train"]).X
    assert len(data.facts.preparation.standardize.mean) == 1
    assert abs(X.mean()) < 1e-10
    assert abs(X.std() - 1) < 1e-10
