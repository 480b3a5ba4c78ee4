"""What holds of every dataset: its facts describe its batches, and bring the same batches back from a checkpoint."""

import json

import numpy as np
import pytest
from data.cases import CASES

from nntrain.components import find
from nntrain.data.facts import Facts
from nntrain.data.loader import evaluation_batches


def test_every_registered_dataset_has_a_case_and_nothing_else_has():
    assert set(CASES) == set(find("dataset"))


@pytest.fixture(params=CASES)
def dataset(request, tmp_path):
    dataset = CASES[request.param](tmp_path)
    assert dataset.type == request.param
    return dataset


def first_batch(data, part):
    return next(evaluation_batches(data.parts[part], 4))


def test_the_facts_describe_the_batches(dataset):
    data = dataset.load(0, "float32")
    facts = data.facts
    assert "train" in data.parts
    for part in data.parts:
        batch = first_batch(data, part)
        *shape, m = batch.X.shape
        assert m == batch.size
        assert len(shape) == len(facts.input_shape)
        assert all(n == N for n, N in zip(shape[1:], facts.input_shape[1:], strict=True))
        assert shape[0] == facts.input_shape[0] or (batch.lengths is not None and shape[0] == max(batch.lengths))
        if facts.vocabulary is None:
            assert batch.X.dtype == np.float32
        else:
            assert np.issubdtype(batch.X.dtype, np.integer)
            assert 0 <= batch.X.min() <= batch.X.max() < facts.vocabulary
        if facts.target == "labels":
            steps = shape[0] if batch.target_lengths is None else max(batch.target_lengths)
            assert batch.Y.shape in [(m,), (steps, m)]
            assert np.issubdtype(batch.Y.dtype, np.integer)
            assert 0 <= batch.Y.min() <= batch.Y.max() < facts.classes
        else:
            assert batch.Y.shape in [(facts.outputs, m), (shape[0], facts.outputs, m)]
            assert np.isfinite(batch.Y).all()


def test_with_the_facts_of_a_checkpoint_it_gives_the_same_batches(dataset):
    data = dataset.load(0, "float32")
    saved = Facts.from_json(json.loads(json.dumps(data.facts.as_json())))
    again = dataset.load(0, "float32", saved)
    assert again.sha256 == data.sha256
    assert again.facts.as_json() == data.facts.as_json()
    for part in data.parts:
        one, other = first_batch(data, part), first_batch(again, part)
        np.testing.assert_array_equal(one.X, other.X)
        np.testing.assert_array_equal(one.Y, other.Y)
