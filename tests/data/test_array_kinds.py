"""What arrays hold is found out with a word: labels in any writing, the layout of images, lengths, weights."""

import json

import numpy as np
import pytest

from nntrain.data import Npy, Npz
from nntrain.data.facts import Facts
from nntrain.errors import DataError

N = 12
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5))
LABELS = np.arange(N) % 3
ONE_HOT = np.eye(3)[LABELS]


@pytest.fixture
def load(tmp_path):
    """Save arrays under their names, and load the dataset that is declared, for a loss of these targets."""

    def load(facts=None, arrays=None, target="either", **arguments):
        np.savez(tmp_path / "d.npz", **(arrays or {}))
        dataset = Npz(tmp_path / "d.npz", **{"validation": 0, **arguments})
        dataset.meant_for(target)
        return dataset.load(0, "float64", facts)

    return load


def everything(data):
    return data.parts["train"].batch(np.arange(data.parts["train"].size))


def saved(facts):
    return Facts.from_json(json.loads(json.dumps(facts.as_json())))


def told(data):
    """The one warning, without the file's folder; "" where there is none."""
    assert len(data.warnings) <= 1, data.warnings
    return data.warnings[0].rpartition("/")[2] if data.warnings else ""


# --- labels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "classes", "word"),
    [
        (LABELS, None, ""),
        (LABELS.astype(np.uint8), None, ""),
        (LABELS[:, None], None, ""),
        (LABELS == 1, None, ""),
        (LABELS.astype(float), 3, ""),
        (ONE_HOT, 3, ""),
        (ONE_HOT.astype(int), 3, ""),
        (ONE_HOT.astype(bool), 3, ""),
        (LABELS * 2, None, "d.npz:y: labels go to 4, and 2 below are missing (1, 3)"),
        (np.arange(N) * 3, None, "d.npz:y: labels go to 33, and 22 below are missing (1, 2, 4, 5, 7, …)"),
        (LABELS * 2, 5, ""),
        (LABELS + 1, 4, ""),
    ],
)
def test_labels_are_whole_numbers_truths_and_one_hot_rows(load, y, classes, word):
    data = load(arrays={"x": X, "y": y}, classes=classes)
    expected = y.argmax(axis=1) if y.shape == (N, 3) else y.reshape(N)
    assert data.facts.target == "labels"
    assert data.facts.classes == (classes or int(expected.max()) + 1)
    np.testing.assert_array_equal(everything(data).Y, expected)
    assert told(data) == word


@pytest.mark.parametrize(
    ("y", "word"),
    [
        (ONE_HOT, "d.npz:y: one-hot: every row is one 1 among 0; read as values; classes: 3 reads labels"),
        (LABELS.astype(float), "d.npz:y: whole numbers saved as floats; read as values; classes: 3 reads labels"),
        (X[:, 0], ""),
        (LABELS * 100.0, ""),
        ((X[:, :3] > 0).astype(float), ""),
    ],
)
def test_floats_are_values_and_those_that_look_like_labels_are_told(load, y, word):
    data = load(arrays={"x": X, "y": y})
    assert data.facts.target == "values"
    assert told(data) == word


@pytest.mark.parametrize(
    ("y", "labels", "word"),
    [
        (LABELS.astype(float), LABELS, "d.npz:y: whole numbers saved as floats; read as labels, which the loss takes"),
        (LABELS[:, None] * 1.0, LABELS, "d.npz:y: whole numbers saved as floats; read as labels, which the loss takes"),
        (ONE_HOT, LABELS, "d.npz:y: one-hot: every row is one 1 among 0; read as labels of 3 classes"),
        (ONE_HOT.astype(int), LABELS, "d.npz:y: one-hot: every row is one 1 among 0; read as labels of 3 classes"),
        (LABELS + 0.5, None, ""),
        (ONE_HOT * 2.0, None, ""),
    ],
)
def test_whole_numbers_in_floats_are_labels_where_the_loss_takes_nothing_else(load, y, labels, word):
    data = load(arrays={"x": X, "y": y}, target="labels")
    assert told(data) == word
    assert data.facts.target == ("values" if labels is None else "labels")
    if labels is not None:
        assert data.facts.classes == 3
        np.testing.assert_array_equal(everything(data).Y, labels)
        again = load(saved(data.facts), {"x": X[:2], "y": y[1:3]})
        np.testing.assert_array_equal(everything(again).Y, labels[1:3])


def test_labels_in_floats_that_begin_at_1_are_a_slip_too(load):
    with pytest.raises(DataError, match="labels begin at 1, expected 0 to 2"):
        load(arrays={"x": X, "y": LABELS + 1.0}, target="labels")


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        (LABELS + 1, None, r"d\.npz:y: error: labels begin at 1, expected 0 to 2; save y - 1, or say classes: 4 if"),
        (LABELS + 1, 3, r"labels begin at 1, expected 0 to 2; save y - 1"),
        (np.where(LABELS > 0, 1, -1), None, r"d\.npz:y: error: labels are -1 and 1; save \(y \+ 1\) // 2"),
        (ONE_HOT.astype(int), None, r"integers are labels, of shape \(12,\), not \(12, 3\); one-hot: say classes: 3"),
        (np.array(["a", "b", ""] * 4), None, r"d\.npz:y\[2\]: error: an empty label"),
        (np.array([b"a", b"\xff"] * 6), None, r"d\.npz:y: error: labels of bytes that are no UTF-8"),
    ],
)
def test_what_is_likely_a_slip_is_refused_with_what_to_do(load, y, classes, words):
    with pytest.raises(DataError, match=words):
        load(arrays={"x": X, "y": y}, classes=classes)


def test_what_a_message_says_to_do_works(load):
    load(arrays={"x": X, "y": LABELS + 1}, classes=4)
    load(arrays={"x": X, "y": LABELS})
    assert load(arrays={"x": X, "y": ONE_HOT.astype(int)}, classes=3).facts.classes == 3


@pytest.mark.parametrize("words", [np.array(["oak", "ash", "elm"]), np.array([b"oak", b"ash", b"elm"])])
def test_words_are_labels_in_the_order_of_their_names(load, words):
    data = load(arrays={"x": X, "y": words[LABELS]})
    assert data.facts.label_names == ("ash", "elm", "oak")
    np.testing.assert_array_equal(everything(data).Y, np.array([2, 0, 1])[LABELS])
    again = load(saved(data.facts), {"x": X[:2], "y": words[[1, 2]]})
    np.testing.assert_array_equal(everything(again).Y, [0, 1])
    with pytest.raises(DataError, match=r"d\.npz:y\[1\]: error: label 'yew', expected one of ash, elm, oak"):
        load(saved(data.facts), {"x": X[:2], "y": np.array(["oak", "yew"])})


def test_a_label_of_minus_one_is_none_and_said_where_it_stands(load):
    y = LABELS.copy()
    y[[4, 7]] = -1
    data = load(arrays={"x": X, "y": y})
    assert data.facts.classes == 3
    assert data.unlabelled.endswith("d.npz:y[4]")
    assert load(arrays={"x": X, "y": LABELS}).unlabelled == ""


# --- images ----------------------------------------------------------------------------------------------------------

LAST = RNG.normal(size=(N, 5, 6, 3))


@pytest.mark.parametrize("layout", [None, "channels_last"])
def test_channels_last_are_recognised_and_said(load, layout):
    data = load(arrays={"x": LAST, "y": LABELS}, layout=layout)
    assert data.facts.input_shape == (3, 5, 6)
    np.testing.assert_array_equal(everything(data).X, LAST.transpose(3, 1, 2, 0))
    word = "d.npz:x: (12, 5, 6, 3) is read as images with channels last; layout: channels_first says otherwise"
    assert told(data) == ("" if layout else word)
    again = load(saved(data.facts), {"x": LAST, "y": LABELS})
    np.testing.assert_array_equal(everything(again).X, everything(data).X)
    assert told(again) == ""


@pytest.mark.parametrize("shape", [(3, 5, 6), (3, 5, 3), (1, 5, 4), (2, 5, 6), (5, 6, 2)])
def test_channels_first_stay(load, shape):
    data = load(arrays={"x": RNG.normal(size=(N, *shape)), "y": LABELS})
    assert (data.facts.input_shape, told(data)) == (shape, "")


def test_the_layout_can_be_said(load):
    data = load(arrays={"x": LAST, "y": LABELS}, layout="channels_first")
    assert (data.facts.input_shape, told(data)) == ((5, 6, 3), "")


def test_gray_images_without_an_axis_of_channels_are_read_where_the_layout_is_said(load):
    x = RNG.integers(0, 256, (N, 7, 6), dtype=np.uint8)
    assert "(12, 7, 6) is read as sequences of 7 steps of 6 numbers; layout: channels_first reads gray images" in (
        " ".join(load(arrays={"x": x, "y": LABELS}).warnings)
    )
    for layout in ("channels_first", "channels_last"):
        assert load(arrays={"x": x, "y": LABELS}, layout=layout).facts.input_shape == (1, 7, 6)


def test_pixels_that_nothing_scales_are_told(load):
    x = np.arange(N * 3 * 4 * 5).reshape(N, 3, 4, 5) % 256
    word = "d.npz:x: whole numbers from 0 to 255 go into the network as they are; standardize: true scales them"
    assert told(load(arrays={"x": x, "y": LABELS})) == word
    assert told(load(arrays={"x": x, "y": LABELS}, standardize=True)) == ""
    assert told(load(arrays={"x": x % 2, "y": LABELS})) == ""
    assert told(load(arrays={"x": x.astype(np.float32), "y": LABELS})) == word.replace("whole numbers", "numbers")
    for fitting in (x / 255, x / 10 - 12):
        assert told(load(arrays={"x": fitting, "y": LABELS})) == ""
    assert told(load(arrays={"x": x.reshape(N, -1).astype(np.uint8), "y": LABELS})) == word


@pytest.mark.parametrize("standardize", [False, True])
def test_a_mapped_file_with_channels_last_gives_the_same_batches(load, tmp_path, standardize):
    np.save(tmp_path / "x.npy", LAST)
    np.save(tmp_path / "y.npy", LABELS)
    settings = {"validation": 0, "standardize": standardize}
    mapped = Npy(tmp_path / "x.npy", tmp_path / "y.npy", **settings).load(0, "float64")
    loaded = load(arrays={"x": LAST, "y": LABELS}, **settings)
    np.testing.assert_allclose(everything(mapped).X, everything(loaded).X, rtol=1e-12)
    assert mapped.sha256 == loaded.sha256


# --- lengths, weights, no targets ------------------------------------------------------------------------------------

SEQUENCES = RNG.normal(size=(N, 4, 2))
LENGTHS = np.array([4, 1, 2, 3] * 3)
PAST = np.arange(4) >= LENGTHS[:, None]


def test_what_stands_past_a_sequences_end_counts_as_nothing(load):
    x, y = SEQUENCES.copy(), RNG.integers(0, 3, (N, 4))
    x[PAST], y[PAST] = np.nan, 99
    data = load(arrays={"x": x, "y": y, "n": LENGTHS}, lengths="n", standardize=True)
    batch = everything(data)
    assert data.facts.classes == 3
    np.testing.assert_array_equal(batch.lengths, LENGTHS)
    assert (batch.X.transpose(2, 0, 1)[PAST] == 0).all()
    assert (batch.Y.T[PAST] == 0).all()
    valid = x[~PAST]
    np.testing.assert_allclose(data.facts.preparation.standardize.mean, valid.mean(axis=0))
    np.testing.assert_allclose(batch.X.transpose(2, 0, 1)[~PAST], (valid - valid.mean(0)) / valid.std(0))


def test_symbols_may_have_lengths_too(load):
    x = RNG.integers(0, 7, (N, 4))
    x[PAST] = -5
    batch = everything(load(arrays={"x": x, "y": LABELS, "n": LENGTHS}, lengths="n", vocabulary=7))
    assert (batch.X.T[PAST] == 0).all()
    np.testing.assert_array_equal(batch.X.T[~PAST], x[~PAST])


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        (LENGTHS * 2, r"d\.npz:n\[0\]: error: length 8, expected a whole number from 1 to 4"),
        (LENGTHS - 1, r"d\.npz:n\[1\]: error: length 0, expected"),
        (LENGTHS - 0.5, r"d\.npz:n\[0\]: error: length 3\.5"),
        (LENGTHS[:-1], r"d\.npz:n: error: \(11,\) lengths for 12 sequences, expected \(12,\)"),
    ],
)
def test_lengths_that_cannot_be_are_refused(load, lengths, words):
    with pytest.raises(DataError, match=words):
        load(arrays={"x": SEQUENCES, "y": LABELS, "n": lengths}, lengths="n")


def test_lengths_are_of_sequences(load):
    with pytest.raises(DataError, match=r"d\.npz:n: error: lengths are of sequences \(N, T, n\), the inputs are"):
        load(arrays={"x": X, "y": LABELS, "n": LENGTHS}, lengths="n")


@pytest.mark.parametrize("shape", [(N,), (N, 4)])
def test_weights_of_examples_and_steps_go_along_with_them(load, shape):
    w = RNG.random(shape)
    data = load(arrays={"x": SEQUENCES, "y": LABELS, "w": w}, weights="w", validation=0.25)
    for part in data.parts.values():
        rows = np.arange(part.size)[::-1]
        batch = part.batch(rows)
        at = [int(np.flatnonzero((x == SEQUENCES).all(axis=(1, 2)))[0]) for x in np.moveaxis(batch.X, -1, 0)]
        np.testing.assert_array_equal(batch.weights, w[at].T)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.zeros(N), r"d\.npz:w: error: every weight is 0"),
        (np.arange(N) - 3, r"d\.npz:w\[0\]: error: weight -3, expected 0 or more"),
        (np.full(N, np.inf), r"d\.npz:w\[0\]: error: inf where a finite number"),
        (np.ones((N, 2)), r"d\.npz:w: error: weights of shape \(12, 2\), expected \(12,\) or \(12, 4\)"),
    ],
)
def test_weights_that_cannot_be_are_refused(load, weights, words):
    with pytest.raises(DataError, match=words):
        load(arrays={"x": SEQUENCES, "y": LABELS, "w": weights}, weights="w")


def test_the_checksum_sees_lengths_and_weights(load):
    arrays = {"x": SEQUENCES, "y": LABELS, "n": LENGTHS, "w": np.ones(N)}
    shas = {load(arrays=arrays, **extra).sha256 for extra in ({}, {"lengths": "n"}, {"weights": "w"})}
    assert len(shas) == 3


def test_targets_may_be_missing_where_none_are_used(load, tmp_path):
    own = load(arrays={"x": X}, reconstruct=True)
    np.testing.assert_array_equal(everything(own).Y, X.T)
    assert saved(own.facts).as_json() == own.facts.as_json()
    bare = load(arrays={"x": X, "z": X})
    assert bare.facts.outputs == 0
    assert bare.no_targets.endswith("d.npz: error: no array 'y' (it has x, z)")
    np.save(tmp_path / "x.npy", X)
    assert Npy(tmp_path / "x.npy").load(0, "float32").no_targets


def test_arrays_that_are_not_read_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones((4, 3, 2)), y=[0, 1, 0, 1], lengths=[3, 2, 1, 3], w=np.ones(4))
    told = Npz(tmp_path / "a.npz", validation=0).load(0, "float64").warnings
    assert any("arrays lengths, w are not read; inputs, targets, lengths and weights name" in text for text in told)
    said = Npz(tmp_path / "a.npz", validation=0, lengths="lengths", weights="w").load(0, "float64").warnings
    assert not any("not read" in text for text in said)


def test_arrays_of_other_names_and_examples_that_come_last(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.ones((2, 4)), label=[0, 1, 0, 1])
    with pytest.raises(DataError, match=r"no array 'x' \(it has data, label\); inputs and targets say what they are"):
        Npz(tmp_path / "a.npz").load(0, "float64")
    with pytest.raises(DataError, match=r"\(4,\) targets for 2 examples in .*; examples come first: save data.T"):
        Npz(tmp_path / "a.npz", inputs="data", targets="label").load(0, "float64")
