"""What a network looks at: gradients are its own, and pictures are of what they say."""

import re

import numpy as np
import pytest
from report.small_runs import gan, table, table_of, trained

import nntrain
from nntrain.errors import DataError
from nntrain.inference.load import load
from nntrain.model.layer import Context
from nntrain.report import confusions, drawn, filters, importance, reconstructions, saliency, thresholds, wrong_examples
from nntrain.report.figures import Charts
from nntrain.report.findings import Few, find
from nntrain.runtime.streams import stream

CONV = [{"conv2d": {"filters": 3, "kernel": 3}}, "batch_norm", "relu", "flatten", {"dropout": 0.5}, {"dense": 10}]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    dataset = {"type": "digits", "validation": 0.1, "test": 0.05}
    run = trained(tmp_path_factory.mktemp("i"), CONV, dataset=dataset, dtype="float64", training={"steps": 12})
    return run, find(run)


def test_saliency_is_the_derivative_of_the_chosen_output_by_each_pixel(images):
    _, found = images
    batch = found.examined.batch(np.arange(2))
    salient = saliency.look(found.loaded, batch)
    network = next(iter(found.loaded.networks.values()))

    def z(X):
        return network.apply(X, Context(training=False))

    chosen = z(batch.X).argmax(axis=0)
    step = 1e-6
    for i, (row, column) in ((0, (3, 4)), (1, (5, 2)), (1, (0, 7))):
        moved = [batch.X.copy() for _ in range(2)]
        moved[0][0, row, column, i] += step
        moved[1][0, row, column, i] -= step
        derivative = (z(moved[0])[chosen[i], i] - z(moved[1])[chosen[i], i]) / (2 * step)
        assert salient.amounts[0, row, column, i] == pytest.approx(abs(derivative), rel=1e-5, abs=1e-8)


def test_an_example_of_each_class_is_shown_beside_what_it_hangs_on(images):
    _, found = images
    page = saliency.section(found)
    assert sorted(re.findall(r"<div>is (\d), said", page)) == [str(k) for k in range(10)]


def test_letters_are_shaded_by_the_length_of_their_gradient(tmp_path):
    names = "\n".join(f"{'ab'[i % 2] * (3 + i % 3)},{'xy'[i % 2]}" for i in range(60))
    (tmp_path / "t.csv").write_text("text,kind\n" + names + "\n")
    dataset = {
        "type": "labelled_text",
        "path": str(tmp_path / "t.csv"),
        "text": "text",
        "target": "kind",
        "unit": "character",
        "test": 0.3,
    }
    layers = [{"embedding": 3}, {"gru": {"units": 4, "output": "last"}}, {"dense": "$dataset.classes"}]
    found = find(trained(tmp_path, layers, dataset=dataset))
    page = saliency.section(found)
    shades = [re.findall(r"--share:(\d+)%\"><?", item) for item in page.split("</li>")[:-1]]
    assert all(max(map(int, shade)) == 100 for shade in shades)
    assert re.search(r"is [xy], said [xy]", page)


def test_filters_and_maps_are_those_of_a_convolution_and_of_dense_layers_there_are_none(images, tmp_path):
    _, found = images
    page = filters.section(found)
    assert "conv2d_1.W: 3 filters" in page
    assert "what the first 3 filters give to 3 examples of the test part" in page
    dense = trained(
        tmp_path, ["flatten", {"dense": 4}, {"dense": 10}], dataset={"type": "digits"}, training={"steps": 2}
    )
    assert filters.section(find(dense)) == ""


def test_of_many_filters_in_colour_the_first_are_shown(tmp_path):
    X = stream(0, 3).uniform((12, 3, 5, 4))
    np.savez(tmp_path / "d.npz", x=X, y=np.arange(12) % 3)
    layers = [{"conv2d": {"filters": 40, "kernel": 3}}, "relu", "flatten", {"dense": 3}]
    dataset = {"type": "npz", "path": str(tmp_path / "d.npz"), "validation": 0.5}
    assert "conv2d_1.W: 32 filters in colour" in filters.section(find(trained(tmp_path, layers, dataset=dataset)))


def test_of_one_matrix_on_pixels_each_class_is_an_image(tmp_path):
    run = trained(tmp_path, ["flatten", {"dense": 10}], dataset={"type": "digits"}, training={"steps": 2})
    assert "10 outputs: what of each pixel speaks for it" in filters.section(find(run))


def test_reconstructions_stand_below_their_examples_and_a_code_draws(tmp_path):
    layers = ["flatten", {"dense": 8}, {"sample_latent": {"weight": 0.01}}, {"dense": "$dataset.outputs"}]
    dataset = {"type": "digits", "reconstruct": True, "validation": 0.1}
    found = find(trained(tmp_path, layers, dataset=dataset, loss="binary_cross_entropy", training={"steps": 4}))
    page = reconstructions.section(found)
    assert page.count("<img") == 2
    assert wrong_examples.section(found) == thresholds.section(found, Charts()) == ""


def test_a_table_that_comes_back_is_a_table(tmp_path):
    dataset = {**table_of(tmp_path, ["y"]), "reconstruct": True}
    found = find(trained(tmp_path, [{"dense": 2}], dataset=dataset, loss="mse"))
    rows = table(reconstructions.section(found), "Reconstructions")
    assert rows[0] == ["example", "", "x", "noise"]
    x = found.loaded.facts.inputs_in_units(Few(found.examined, np.arange(1)).batch(np.arange(1)).X)[0]
    assert [float(cell) for cell in rows[1][2:]] == pytest.approx(x.tolist(), rel=1e-3)


def test_a_grid_has_its_classes_above_its_columns(tmp_path):
    loop = {"type": "gan", "latent": 4, "conditional": True, "samples": 25}
    config = gan() | {"training": {"epochs": 1, "loop": loop}}
    run = nntrain.fit(config, run_dir=tmp_path / "run", quiet=True).run_dir
    page = drawn.section(find(run))
    assert re.findall(r"<span>(\d)</span>", page)[:10] == [str(k) for k in range(10)]
    width, height = map(int, re.search(r'class="exact" width="(\d+)" height="(\d+)"', page).groups())
    assert (width - 1) % 33 == 0
    assert (width - 1) // 33 == 10
    assert (height - 1) // 33 == 2  # two complete rows of the 25


def test_a_checkpoint_without_data_still_shows_its_filters(images, monkeypatch):
    run, _ = images

    def gone(*_):
        raise DataError("gone.npz: error: no such file")

    dataset = type(load(run / "checkpoints" / "best.npz").config.dataset)
    monkeypatch.setattr(dataset, "read_data", gone)
    found = find(run)
    assert found.problem == "gone.npz: error: no such file"
    assert "3 filters" in filters.section(found)
    assert confusions.section(found) == saliency.section(found) == importance.section(found) == ""
