"""Augmentation: what each change does, where it acts, and that a run can be repeated."""

import threading
from pathlib import Path

import numpy as np
import pytest

from nntrain import config
from nntrain.builder import build
from nntrain.components import find
from nntrain.data import Digits, loader
from nntrain.data.augmentation import Crop, Cutout, Flip, Normalize, Rotate, Shift
from nntrain.data.parts import Batch, Part
from nntrain.data.standardize import Standardization
from nntrain.errors import ConfigError
from nntrain.runtime import threads
from nntrain.runtime.streams import stream


def images(m=50, shape=(2, 7, 6)):
    return 1 + stream(0, 0).uniform((*shape, m))


def change(augmentation, X, key=1):
    return augmentation(X.copy(), stream(key, 0))


@pytest.mark.parametrize("name", sorted(set(find("augmentation")) - {"normalize"}))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_augmentation_keeps_shape_and_dtype_and_follows_its_stream(name, dtype):
    augmentation = find("augmentation")[name]()
    X = images().astype(dtype)
    Y = change(augmentation, X)
    assert Y.shape == X.shape
    assert Y.dtype == dtype
    assert not np.array_equal(X, Y)
    assert np.array_equal(Y, change(augmentation, X))
    assert not np.array_equal(Y, change(augmentation, X, key=2))
    assert change(augmentation, X[..., :1]).shape == (*X.shape[:3], 1)


def test_flip_exchanges_left_and_right_of_about_its_share():
    X = images(400)
    Y = change(Flip(0.25), X)
    flipped = [np.array_equal(Y[..., k], X[:, :, ::-1, k]) for k in range(400)]
    same = [np.array_equal(Y[..., k], X[..., k]) for k in range(400)]
    assert all(a != b for a, b in zip(flipped, same, strict=True))
    assert 70 < sum(flipped) < 130
    assert np.array_equal(change(Flip(0.0), X), X)


def test_crop_is_a_piece_of_the_padded_image():
    X = images()
    Y = change(Crop(2), X)
    seen = set()
    for k in range(X.shape[-1]):
        padded = np.pad(X[..., k], ((0, 0), (2, 2), (2, 2)))
        places = [
            (i, j) for i in range(5) for j in range(5) if np.array_equal(padded[:, i : i + 7, j : j + 6], Y[..., k])
        ]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) > 15
    assert {i for i, _ in seen} == {j for _, j in seen} == set(range(5))


def test_shift_moves_by_fractions_of_pixels():
    row = np.zeros((1, 9, 9, 200))
    row[0, 4, 4] = 1.0
    Y = change(Shift(2.0), row)
    y, x = (np.tensordot(np.arange(9), Y[0].sum(axis=axis), 1) - 4 for axis in (1, 0))
    assert Y.sum(axis=(0, 1, 2)) == pytest.approx(1)
    for moved in (y, x):
        assert np.abs(moved).max() <= 2
        assert moved.min() < -1.8
        assert moved.max() > 1.8
        assert (np.abs(moved - moved.round()) > 0.1).any()


def test_rotation_turns_about_the_centre_by_at_most_its_angle():
    X = np.zeros((1, 9, 9, 200))
    X[0, 4, 7] = 1.0  # three pixels to the right of the centre
    Y = change(Rotate(30.0), X)
    y, x = (np.tensordot(np.arange(9), Y[0].sum(axis=axis), 1) / Y.sum(axis=(0, 1, 2)) - 4 for axis in (1, 0))
    angle = np.degrees(np.arctan2(y, x))
    assert np.hypot(y, x) == pytest.approx(3, abs=0.5)
    assert 25 < np.abs(angle).max() < 36
    assert angle.min() < 0 < angle.max()


def test_cutout_is_one_square_of_zeros_that_may_hang_over():
    X = images(300)
    Y = change(Cutout(3), X)
    zero = Y == 0
    assert (zero == zero[:1]).all()  # in all channels
    assert np.array_equal(Y[~zero], X[~zero])
    areas = zero[0].sum(axis=(0, 1))
    assert set(areas) == {4, 6, 9}
    for k in np.flatnonzero(areas == 9)[:20]:
        i, j = np.nonzero(zero[0, :, :, k])
        assert np.ptp(i) == np.ptp(j) == 2


def digits(*augment, **settings):
    return Digits(augment=augment, validation=0.1, test=0.2, batch_size=64, **settings)


def epoch(dataset, data, number=0, position=0):
    return [batch.X for batch in loader.batches(data.parts["train"], dataset, 3, number, position)]


def test_the_training_part_alone_is_changed_anew_in_every_epoch():
    dataset = digits(Cutout(3))
    data, plain = dataset.load(3, "float32"), digits().load(3, "float32")
    assert not np.array_equal(epoch(dataset, data)[0], epoch(digits(), plain)[0])
    assert not np.array_equal(epoch(dataset, data, 0)[0] == 0, epoch(dataset, data, 1)[0] == 0)
    for part in ("validation", "test"):
        at = np.arange(20)
        assert np.array_equal(data.parts[part].batch(at).X, plain.parts[part].batch(at).X)


def test_an_epoch_taken_up_in_its_middle_sees_the_same_batches():
    dataset = digits(Rotate(), Shift(1.0))
    data = dataset.load(3, "float32")
    whole, rest = epoch(dataset, data, 2), epoch(dataset, data, 2, 7)
    assert all(np.array_equal(a, b) for a, b in zip(whole[7:], rest, strict=True))


def test_bits_do_not_depend_on_the_thread_that_makes_batches_ahead(monkeypatch):
    dataset = digits(Rotate(), Cutout(3))
    data = dataset.load(3, "float32")
    results = []
    for cores in (1, 2):
        monkeypatch.setattr(threads, "available_cores", lambda cores=cores: cores)
        results.append([X.tobytes() for X in epoch(dataset, data)])
    assert results[0] == results[1]


def test_an_autoencoder_is_to_give_back_the_changed_image(tmp_path):
    draft = written(tmp_path, "{type: digits, reconstruct: true, augment: [flip, {shift: 1}]}")
    data = draft.dataset.load(3, np.dtype("float32"))
    for batch in loader.batches(data.parts["train"], draft.dataset, 3, 0):
        assert np.array_equal(batch.X.reshape(64, -1), batch.Y)


class Watched(Part):
    """Notes which thread asks for which batch; fails at one of them."""

    size = 40

    def __init__(self, bad=None):
        self.asked, self.bad = [], bad

    def batch(self, indices):
        self.asked.append((int(indices[0]), threading.current_thread().name))
        if indices[0] == self.bad:
            raise ValueError("torn file")
        return Batch(np.ones((1, 3, 3, len(indices)), "float32"), np.zeros(len(indices), int))


def test_the_next_batch_is_made_while_the_last_one_is_worked_on(monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    part, dataset = Watched(), Digits(augment=(Flip(),), shuffle=False, batch_size=8)
    coming = loader.batches(part, dataset, 0, 0)
    next(coming)
    for _ in range(500):
        if len(part.asked) == 2:
            break
        threading.Event().wait(0.01)
    assert [start for start, _ in part.asked] == [0, 8]  # one ahead, not more
    assert all(name.startswith("nntrain-data") for _, name in part.asked)
    coming.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("nntrain-data")]


@pytest.mark.parametrize("cores", [1, 2])
def test_an_error_comes_where_its_batch_would_have_come(cores, monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: cores)
    coming = loader.batches(Watched(bad=16), Digits(augment=(Flip(),), shuffle=False, batch_size=8), 0, 0)
    next(coming), next(coming)
    with pytest.raises(ValueError, match="torn file"):
        next(coming)


def test_normalize_acts_on_every_part():
    data = digits(Normalize((0.3,), (0.2,))).load(3, "float64")
    plain = digits().load(3, "float64")
    for part in ("train", "validation", "test"):
        at = np.arange(9)
        expected = (plain.parts[part].batch(at).X - 0.3) / 0.2
        np.testing.assert_allclose(data.parts[part].batch(at).X, expected, rtol=1e-12)
    assert data.facts.preparation.standardize == Standardization((0.3,), (0.2,))


def written(tmp_path, dataset):
    path = Path(tmp_path / "config.yaml")
    path.write_text(
        f"dataset: {dataset}\narchitecture: [flatten, dense: 10]\nloss: cross_entropy\noptimizer: sgd\n"
        "training: {epochs: 1}\n"
    )
    return config.read(path)


def test_a_config_declares_them_in_every_spelling(tmp_path):
    draft = written(tmp_path, "{type: digits, augment: [flip, {shift: 1}, {cutout: {size: 3}}, {type: rotate}]}")
    assert draft.dataset.augment == (Flip(), Shift(1.0), Cutout(3), Rotate())


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (
            "{type: moons, augment: [flip]}",
            r"yaml:1:.*flip: expected images \(C, H, W\), the dataset gives \(2,\)",
        ),
        (
            "{type: digits, augment: [{normalize: {mean: [1, 2], deviation: [1, 1]}}]}",
            "2 means and 2 deviations, the images have 1 channel",
        ),
        ("{type: digits, augment: [flop]}", "no augmentation 'flop'; did you mean 'flip'"),
        ("{type: digits, augment: [{rotate: -1}]}", "> 0"),
        ("{type: digits, augment: [{crop: 9223372036854775807}]}", "1000"),
        ("{type: digits, augment: [{normalize: {mean: [0], deviation: [1.0e-300]}}]}", "1e-06"),
        (
            "{type: digits, augment: [{normalize: {mean: [0], deviation: [1]}}, "
            "{normalize: {mean: [1], deviation: [2]}}]}",
            "normalize stands in it more than once",
        ),
        (
            "{type: digits, standardize: true, augment: [{normalize: {mean: [1], deviation: [1]}}]}",
            "standardize fits what augment: normalize gives",
        ),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path, dataset, words):
    with pytest.raises(ConfigError, match=words):
        build(written(tmp_path, dataset))
