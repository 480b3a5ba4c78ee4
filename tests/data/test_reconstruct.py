"""reconstruct: the target of an example is the example itself, whatever the dataset."""

import numpy as np
import pytest

from nntrain.components import find
from nntrain.data.digits import Digits
from nntrain.data.facts import Facts
from nntrain.data.npz import Npz
from nntrain.data.series import Series
from nntrain.errors import ConfigError


@pytest.fixture
def save(tmp_path):
    """A dataset of 20 random examples of a shape."""

    def save(shape, targets, **arguments):
        x = 3 + 2 * np.random.default_rng(0).standard_normal((20, *shape))
        np.savez(tmp_path / "d.npz", x=x, y=targets)
        return Npz(tmp_path / "d.npz", reconstruct=True, **arguments)

    return save


LABELS, VALUES = np.arange(20) % 4, np.linspace(0, 1, 20)


@pytest.mark.parametrize("targets", [LABELS, VALUES], ids=["labels", "values"])
@pytest.mark.parametrize(("shape", "target"), [((5,), (5,)), ((2, 4, 5), (40,)), ((6, 5), (6, 5))])
def test_y_is_x_with_images_as_vectors(save, shape, target, targets):
    data = save(shape, targets).load(0, np.float64)
    assert (data.facts.target, data.facts.outputs, data.facts.classes) == ("values", target[-1], None)
    batch = data.parts["validation"].batch(np.arange(2))
    assert batch.X.shape == (*shape, 2)
    assert batch.Y.shape == (*target, 2)
    np.testing.assert_array_equal(batch.Y.reshape(batch.X.shape), batch.X)


@pytest.mark.parametrize("shape", [(5,), (2, 4, 5), (6, 5)])
def test_targets_in_units_are_the_numbers_of_the_file(save, shape):
    dataset = save(shape, LABELS, standardize=True, validation=0.0)
    data = dataset.load(0, np.float64)
    batch = data.parts["train"].batch(np.arange(20))
    assert abs(batch.Y.mean()) < 1e-9
    with np.load(dataset.path) as file:
        expected = np.moveaxis(file["x"], 0, -1)
    np.testing.assert_allclose(data.facts.to_units(batch.Y).reshape(expected.shape), expected, rtol=1e-12)


def test_the_parts_are_those_of_the_dataset_itself():
    """Classes are still cut alike, though the labels are no targets any more."""
    plain, own = Digits(test=0.2), Digits(test=0.2, reconstruct=True)
    for name, part in plain.load(3, np.float32).parts.items():
        rows = np.arange(part.size)
        np.testing.assert_array_equal(part.batch(rows).X, own.load(3, np.float32).parts[name].batch(rows).X)


def test_with_the_facts_of_a_checkpoint_nothing_is_fitted_anew(save):
    facts = save((5,), LABELS, standardize=True).load(0, np.float64).facts
    dataset = save((5,), LABELS, standardize=True, validation=0.5)
    again = dataset.load(7, np.float64, Facts.from_json(facts.as_json()))
    assert again.facts == facts
    batch = again.parts["train"].batch(np.arange(3))
    np.testing.assert_array_equal(batch.Y, batch.X)


def test_a_regression_s_own_targets_leave_no_trace(tmp_path):
    (tmp_path / "t.csv").write_text("".join(f"{i},{i * i},{i / 7}\n" for i in range(30)))
    csv = find("dataset")["csv"](tmp_path / "t.csv", standardize_target=True, reconstruct=True)
    facts = csv.load(0, np.float64).facts
    assert facts.outputs == 2
    assert facts.to_units(np.ones((2, 3))).tolist() == np.ones((2, 3)).tolist()


def test_symbols_are_refused(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((20, 4), int), y=LABELS)
    with pytest.raises(ConfigError, match="symbols, not numbers"):
        Npz(tmp_path / "d.npz", vocabulary=3, reconstruct=True).load(0, np.float32)


def test_names_of_the_series_own_outputs_are_not_those_of_its_reconstruction(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i},{i * i}\n" for i in range(30)))
    facts = Series(tmp_path / "t.csv", window=4, horizon=2, reconstruct=True).load(0, np.float64).facts
    assert (facts.outputs, facts.output_names) == (2, None)
