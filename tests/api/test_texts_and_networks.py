"""Texts as a list, and layers of models of several networks."""

import numpy as np
import pytest

import nntrain
from nntrain.errors import ConfigError, DataError

SHORT = {"optimizer": {"type": "sgd", "lr": 0.1}, "training": {"steps": 1}}


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classes")
    said = ["good, very good", "bad one", "so good", "a bad bad thing"] * 5
    rows = [f'"{text}",{"no" if "bad" in text else "yes"}' for text in said]
    (folder / "t.csv").write_text("\n".join(["review,answer", *rows]))
    network = [{"embedding": 3}, {"gru": {"units": 2, "output": "last"}}, {"dense": "$dataset.classes"}]
    config = {"dataset": {"type": "labelled_text", "path": str(folder / "t.csv"), "unit": "word"}}
    config |= {"architecture": network, "loss": "cross_entropy", "metrics": ["accuracy"]}
    return nntrain.fit({**config, **SHORT}, quiet=True, run_dir=folder / "run")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    config = {
        "dataset": {"type": "dates", "examples": 40, "batch_size": 20},
        "architecture": {
            "encoder": [{"embedding": 4}, {"attention": 1}],
            "decoder": [{"embedding": 4}, {"cross_attention": 1}, {"dense": "$dataset.classes"}],
        },
        "loss": "cross_entropy",
    }
    return nntrain.fit({**config, **SHORT}, quiet=True, run_dir=folder / "run")


def test_texts_are_a_list_an_array_or_a_column(classes):
    texts = ["good", "a bad\nthing, so bad"]
    wanted = classes.probabilities([{"review": text} for text in texts])
    for given in (texts, tuple(texts), np.array(texts), [[text] for text in texts]):
        np.testing.assert_array_equal(classes.probabilities(given), wanted)
    assert classes.predict(texts).tolist() == [["no", "yes"][k] for k in wanted.argmax(axis=1)]
    assert classes.output(texts, "gru_1").shape == (2, 2)
    assert classes.evaluate(texts, ["yes", "no"])["examples"] == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("good", r"^X: error: there is no file 'good'; a single text is a list of one, \[X\]$"),
        ([1, 2], r"^X: error: expected texts, as a list of them$"),
        (["good", ""], r"^X\[1\]: error: an empty text"),
        ([], r"^X: error: expected texts"),
    ],
)
def test_what_are_no_texts_is_one_line(classes, given, words):
    with pytest.raises(DataError, match=words):
        classes.predict(given)


def test_pairs_of_texts_are_two_lists(pairs):
    one = pairs.predict(["3 May 2009", "1 1 1990"])
    assert one.shape == (2,)
    np.testing.assert_array_equal(pairs.predict([{"source": "3 May 2009"}, {"source": "1 1 1990"}]), one)
    assert pairs.evaluate(["3 May 2009"], ["2009-05-03"])["examples"] == 1
    with pytest.raises(DataError, match="Y: error: 2 targets for 1 examples"):
        pairs.evaluate(["3 May 2009"], ["2009-05-03", "1990-01-01"])
    with pytest.raises(DataError, match="rows of several columns"):
        pairs.predict([{"source": "3 May 2009", "other": 1}])


def test_a_layer_of_several_networks_is_named_with_its_own(pairs):
    assert pairs.output(["3 May 2009"], "encoder.embedding_1").shape == (1, 11, 4)
    for name in ("embedding_1", "decoder.embedding_1", "encoder"):
        with pytest.raises(ConfigError, match=r"networks encoder and decoder; .* such as encoder\.embedding_1"):
            pairs.output(["3 May 2009"], name)


def test_parameters_cannot_be_changed_by_mistake(classes):
    with pytest.raises(TypeError):
        classes.parameters["new"] = np.zeros(3)
    with pytest.raises(ValueError, match="read-only"):
        classes.parameters["embedding_1.W"][...] = 0
