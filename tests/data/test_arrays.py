"""npz and npy: shapes, what is refused and where, memory mapping."""

import json
import mmap

import numpy as np
import pytest

from nntrain.data import Npy, Npz
from nntrain.data.array_part import ArrayPart, Inputs
from nntrain.data.facts import Facts, Preparation
from nntrain.errors import DataError

N = 12
RNG = np.random.default_rng(0)
LABELS = np.arange(N) % 3


@pytest.fixture
def npz(tmp_path):
    """Save arrays and declare them."""

    def declare(x, y, **arguments):
        np.savez(tmp_path / "data.npz", x=x, y=y)
        return Npz(tmp_path / "data.npz", **{"validation": 0, **arguments})

    return declare


@pytest.fixture
def npy(tmp_path):
    def declare(x, y, **arguments):
        np.save(tmp_path / "x.npy", x)
        np.save(tmp_path / "y.npy", y)
        return Npy(tmp_path / "x.npy", tmp_path / "y.npy", **{"validation": 0, **arguments})

    return declare


def everything(data, part="train"):
    return data.parts[part].batch(np.arange(data.parts[part].size))


@pytest.mark.parametrize("shape", [(4,), (2, 5), (3, 4, 2)])
@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_inputs_are_tables_sequences_or_images_examples_first(request, kind, shape):
    x = RNG.normal(size=(N, *shape))
    data = request.getfixturevalue(kind)(x, LABELS).load(0, "float64")
    assert (data.facts.input_shape, data.facts.classes) == (shape, 3)
    batch = everything(data)
    np.testing.assert_array_equal(batch.X, np.moveaxis(x, 0, -1))
    np.testing.assert_array_equal(batch.Y, LABELS)


@pytest.mark.parametrize("kind", ["npz", "npy"])
@pytest.mark.parametrize(
    ("y", "expected", "target"),
    [
        (RNG.normal(size=N), (1, N), "values"),
        (RNG.normal(size=(N, 2)), (2, N), "values"),
        (RNG.normal(size=(N, 5, 2)), (5, 2, N), "values"),
        (RNG.integers(0, 4, (N, 5)), (5, N), "labels"),
        (LABELS == 1, (N,), "labels"),
    ],
)
def test_integers_are_labels_and_floats_are_values_also_one_a_step(request, kind, y, expected, target):
    data = request.getfixturevalue(kind)(RNG.normal(size=(N, 5, 3)), y).load(0, "float64")
    Y = everything(data).Y
    assert data.facts.target == target
    assert Y.shape == expected
    np.testing.assert_array_equal(Y.reshape(-1, N), np.moveaxis(y, 0, -1).reshape(-1, N))
    assert Y.dtype == (np.int64 if target == "labels" else np.float64)


def test_numbers_are_taken_as_they_are(npz):
    x = RNG.integers(0, 256, (N, 1, 2, 3)).astype(np.uint8)
    np.testing.assert_array_equal(everything(npz(x, LABELS).load(0, "float32")).X, np.moveaxis(x, 0, -1))


def test_symbols_stay_integers_for_an_embedding(npz):
    x = RNG.integers(0, 9, (N, 5))
    data = npz(x, LABELS, vocabulary=9).load(0, "float32")
    assert data.facts.vocabulary == 9
    assert everything(data).X.dtype == np.int64
    with pytest.raises(DataError, match=r"data\.npz:x\[\d+, \d+\]: error: symbol \d, expected 0 to 4"):
        npz(x, LABELS, vocabulary=5).load(0, "float32")
    with pytest.raises(ValueError, match="standardize: the numbers of symbols have no mean"):
        npz(x, LABELS, vocabulary=9, standardize=True)


X = RNG.normal(size=(N, 3))


def put(array, index, value):
    array = array.copy()
    array[index] = value
    return array


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (put(X, (7, 1), np.nan), LABELS, r"data\.npz:x\[7, 1\]: error: nan where a finite number"),
        (put(X, (0, 2), -np.inf), LABELS, r":x\[0, 2\]: error: -inf"),
        (X, put(LABELS.astype(float), 4, np.nan), r":y\[4\]: error: nan"),
        (X, put(LABELS, 5, -2), r":y\[5\]: error: label -2, expected 0 or more"),
        (X, LABELS[:-1], r":y: error: \(11,\) targets for 12 examples"),
        (X, LABELS * 0, r"every label is 0; a classification needs two classes"),
        (X, np.array(["a"] * N), r"every label is 'a'; a classification needs two classes"),
        (X * 1j, LABELS, r":x: error: an array of complex128"),
        (X[0, 0], LABELS, r":x: error: a single number"),
        (X[:, 0], LABELS, r":x: error: shape \(12,\), expected tables"),
        (X[:0], LABELS[:0], r":x: error: shape \(0, 3\) holds no number"),
        (
            X,
            np.zeros((N, 4), int),
            r":y: error: integers are labels, of shape \(12,\), not \(12, 4\); save values as floats",
        ),
        (X.reshape(N, 3, 1), np.zeros((N, 4), int), r"of shape \(12,\) or \(12, 3\), not"),
        (X, np.array([{}] * N), r"data\.npz: error: cannot be read: .*pickled objects are never loaded"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(npz, x, y, words):
    with pytest.raises(DataError, match=words):
        npz(x, y).load(0, "float32")


def test_other_lengths_are_refused_before_an_array_is_read(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.full((N, 2000), 7.25), y=LABELS[:-1])
    content = (tmp_path / "d.npz").read_bytes()
    (tmp_path / "d.npz").write_bytes(
        content.replace(np.float64(7.25).tobytes(), bytes(8))
    )  # which reading it would find
    with pytest.raises(DataError, match=r":y: error: \(11,\) targets for 12 examples"):
        Npz(tmp_path / "d.npz").load(0, "float32")


def test_the_number_of_classes_can_be_said(npz):
    assert npz(X, LABELS, classes=7).load(0, "float32").facts.classes == 7
    with pytest.raises(DataError, match=r":y\[2\]: error: label 2, expected 0 to 1"):
        npz(X, LABELS, classes=2).load(0, "float32")


def test_an_unknown_array_is_named_with_a_suggestion(npz):
    with pytest.raises(DataError, match=r"no array 'xs' \(it has x, y\); did you mean 'x'\?"):
        npz(X, LABELS, inputs="xs").load(0, "float32")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_a_data_error(tmp_path, content):
    (tmp_path / "x.npy").write_bytes(content)
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"data\.npz: error: "):
        Npz(tmp_path / "data.npz").load(0, "float32")
    with pytest.raises(DataError, match=r"x\.npy: error: "):
        Npy(tmp_path / "x.npy", tmp_path / "y.npy").load(0, "float32")
    with pytest.raises(DataError, match=r"none\.npz: error: No such file"):
        Npz(tmp_path / "none.npz").load(0, "float32")


def test_one_array_is_no_npz(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(DataError, match=r"x\.npy: error: holds one array, not the named arrays"):
        Npz(tmp_path / "x.npy").load(0, "float32")


def test_npy_files_are_mapped_never_loaded(npy):
    data = npy(RNG.normal(size=(N, 4)), RNG.normal(size=(N, 2)), standardize=True, test=0.5).load(0, "float32")
    for part in data.parts.values():
        for array in (part.inputs.flat, part.targets):
            while isinstance(array, np.ndarray):
                array = array.base
            assert isinstance(array, mmap.mmap)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mapped_and_loaded_inputs_are_standardized_alike(npz, npy, dtype):
    x = 1e6 + RNG.normal(size=(N, 2, 3))
    mapped, loaded = (declare(x, LABELS, standardize=True).load(0, dtype) for declare in (npy, npz))
    np.testing.assert_array_equal(everything(mapped).X, everything(loaded).X)
    expected = (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    np.testing.assert_allclose(everything(mapped).X, np.moveaxis(expected, 0, -1), rtol=1e-5, atol=1e-6)


def test_a_mapped_array_in_fortran_order_is_refused(npy):
    with pytest.raises(DataError, match=r"x\.npy: error: stored in Fortran order"):
        npy(np.asfortranarray(X), LABELS).load(0, "float32")


def test_parts_can_be_files_of_their_own(npz, tmp_path):
    np.savez(tmp_path / "test.npz", x=X[:2], y=[0, 3])
    with pytest.raises(DataError, match=r"test\.npz:y\[1\]: error: label 3, expected 0 to 2"):
        npz(X, LABELS, test=tmp_path / "test.npz").load(0, "float32")
    np.savez(tmp_path / "test.npz", x=X[:2], y=[0, 2])
    data = npz(X, LABELS, test=tmp_path / "test.npz", validation=0.25).load(0, "float32")
    assert [part.size for part in data.parts.values()] == [9, 3, 2]
    np.savez(tmp_path / "test.npz", x=X[:2, :2], y=[0, 2])
    with pytest.raises(DataError, match=r"one example has shape \(2,\), expected \(3,\)"):
        npz(X, LABELS, test=tmp_path / "test.npz").load(0, "float32")


def test_with_a_checkpoints_facts_nothing_is_fitted_anew(npz):
    facts = npz(X, LABELS, standardize=True).load(0, "float64").facts
    saved = Facts.from_json(json.loads(json.dumps(facts.as_json())))
    other = npz(X[:3] + 5, LABELS[:3]).load(0, "float64", saved)
    expected = (X[:3] + 5 - X.mean(axis=0)) / X.std(axis=0)
    np.testing.assert_allclose(everything(other).X, expected.T)
    with pytest.raises(DataError, match="label 3, expected 0 to 2"):
        npz(X[:4], np.arange(4)).load(0, "float64", saved)
    with pytest.raises(DataError, match="the targets are values, expected labels"):
        npz(X, X[:, 0]).load(0, "float64", saved)


def test_the_checksum_is_of_the_numbers(npz, npy):
    first = npz(X, LABELS).load(0, "float32").sha256
    assert npy(X, LABELS).load(1, "float64").sha256 == first
    assert npz(put(X, (0, 0), 1), LABELS).load(0, "float32").sha256 != first


def test_weights_go_along_with_their_examples():
    part = ArrayPart(
        Inputs(np.arange(8.0).reshape(4, 2), "float32", Preparation()),
        np.array([0, 1, 0, 1]),
        np.array([3, 1]),
        weights=np.array([1.0, 2.0, 3.0, 4.0]),
    )
    np.testing.assert_array_equal(part.batch(np.array([0, 1])).weights, [4, 2])


def test_weights_of_steps_come_batch_last():
    inputs = Inputs(np.zeros((2, 3, 1)), "float32", Preparation())
    part = ArrayPart(inputs, np.zeros((2, 3), np.int64), None, weights=np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(part.batch(np.array([1, 0])).weights, [[3, 0], [4, 1], [5, 2]])
