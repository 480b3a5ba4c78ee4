"""What the page says of a run's predictions is what the evaluator and the metrics say."""

import re

import numpy as np
import pytest
from report.small_runs import MOONS, measured, points, table, table_of, trained

import nntrain
from nntrain.inference.plane import decisions, plane_of
from nntrain.pictures import png
from nntrain.report import boundary, confusions, importance, thresholds, value_charts, wrong_examples
from nntrain.report.figures import Charts
from nntrain.report.findings import find
from nntrain.runs import Run
from nntrain.runtime.streams import stream


def moons(**changes):
    return {"type": "moons", "examples": 80, "validation": 0.2, "test": 0.3, **changes}


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory):
    run = trained(
        tmp_path_factory.mktemp("two"),
        [{"dense": 4}, "tanh", {"dense": 2}],
        dataset=moons(),
        metrics=["per_class", "roc_auc", "average_precision", "accuracy"],
    )
    return run, find(run)


def test_each_class_and_the_areas_are_those_of_eval(two_classes):
    run, found = two_classes
    values = measured(run)
    rows = table(confusions.section(found), "Each class")[1:]
    for name, *cells in rows:
        expected = values["per_class"][name]
        assert [float(c) for c in cells] == pytest.approx(
            [expected[k] for k in ("precision", "recall", "f1", "support")], abs=5e-4
        )
    page = thresholds.section(found, Charts())
    area, mean = (float(re.search(pattern, page)[1]) for pattern in (r": area ([\d.]+)<", r">1: ([\d.]+)<"))
    assert (area, mean) == pytest.approx((values["roc_auc"], values["average_precision"]), rel=1e-3)


def test_a_point_of_the_roc_is_what_its_threshold_gives(two_classes):
    _, found = two_classes
    charts = Charts()
    thresholds.section(found, charts)
    P = found.loaded.config.loss.probabilities(found.judged.Z)[1]
    Y = found.judged.Y == 1
    checked = 0
    for text in points(charts.data[0]):
        if "threshold" in text:
            p, precision, recall, rate = map(float, re.findall(r"(?<= )[\d.e-]+(?=[:,]|$)", text))
            yes = p - 1e-3 * p <= P  # it is told in three digits
            checked += np.isclose(recall, (yes & Y).sum() / Y.sum(), atol=6e-3)
            assert 0 <= precision <= 1
            assert 0 <= rate <= 1
    assert checked > 10


def test_calibration_has_every_example_once(two_classes):
    _, found = two_classes
    charts = Charts()
    thresholds.section(found, charts)
    counts = [int(re.search(r"of ([\d,]+)$", text)[1]) for text in points(charts.data[2])]
    assert sum(counts) == found.examples


def test_the_plane_is_shown_from_before_training_to_the_last_epoch(two_classes):
    run, found = two_classes
    page = boundary.section(found)
    best = int(find(run).loaded.saved.manifest["epoch"])
    epochs = [line["epoch"] for line in Run(run).read_metrics()]
    moments = re.findall(r'data-epoch="(\d+)"[^>]*?(hidden)?"?/>', page)
    assert [int(epoch) for epoch, _ in moments] == [0, *epochs]
    assert [int(epoch) for epoch, hidden in moments if not hidden] == [best]
    assert f"epoch {best} of {epochs[-1]}, the best" in page


def test_a_frame_that_training_left_is_what_the_checkpoint_of_that_epoch_decides(two_classes):
    run, found = two_classes
    plane = plane_of(found.loaded, found.data.parts["train"])
    epoch = int(found.loaded.saved.manifest["epoch"])
    left = (run / "samples" / f"boundary_{epoch:04d}.png").read_bytes()
    assert left == png.encode(decisions(found.loaded, plane))


def test_without_frames_or_with_others_in_their_place_the_plane_has_the_checkpoints(tmp_path):
    run = nntrain.fit(MOONS, run_dir=tmp_path / "run", quiet=True).run_dir
    whole = boundary.section(find(run))
    (run / "samples" / "boundary_0001.png").write_bytes(b"no picture")
    (run / "samples" / "boundary_0002.png").unlink()
    (run / "samples" / "boundary_0002.png").symlink_to(run / "samples" / "boundary_0003.png")
    (run / "samples" / "boundary_0004.png").write_bytes((run / "samples" / "boundary_0003.png").read_bytes())
    kept = re.findall(r'data-epoch="(\d+)"', boundary.section(find(run)))
    assert re.findall(r'data-epoch="(\d+)"', whole) == ["0", "1", "2", "3"]
    assert kept == ["0", "3"]  # the first draw, and the last checkpoint, which is the best


def test_of_other_than_two_inputs_there_is_no_plane(tmp_path):
    run = trained(tmp_path, ["flatten", {"dense": 10}], dataset={"type": "digits", "test": 0.1}, training={"steps": 2})
    assert boundary.section(find(run)) == ""


def test_a_column_is_worth_what_the_loss_grows_by(tmp_path):
    dataset = table_of(tmp_path, ["y"])
    run = trained(tmp_path, [{"dense": 1}], dataset=dataset, loss="mse", training={"epochs": 40})
    found = find(run)
    loss, grown = importance.measured(found, found.loaded)
    assert loss == pytest.approx(measured(run)["loss"], rel=1e-6)
    assert [name for name, _ in grown] == ["x", "noise"]
    assert grown[0][1] > 20 * abs(grown[1][1])
    order = np.arange(found.examined.size)[::-1].copy()
    shuffled = importance.Shuffled(found.examined, slice(0, 1), order)
    X, own = (part.batch(np.arange(found.examined.size)).X for part in (shuffled, found.examined))
    assert np.array_equal(X[0], own[0, ::-1])
    assert np.array_equal(X[1], own[1])


def test_every_output_of_several_is_shown_with_its_own_errors(tmp_path):
    names = [f"y{k}" for k in range(8)]
    dataset = table_of(tmp_path, names)
    run = trained(tmp_path, [{"dense": 8}], dataset=dataset, loss="mse", metrics=["mae"])
    charts = Charts()
    found = find(run)
    page = value_charts.section(found, charts)
    rows = table(page, "Each output")[1:]
    assert [row[0] for row in rows] == names
    assert np.mean([float(row[1]) for row in rows]) == pytest.approx(measured(run)["mae"], rel=1e-3)
    assert [chart["title"] for chart in charts.data] == names
    assert "2 more outputs" in page


def test_a_forecast_stands_at_the_row_that_it_is_of(tmp_path):
    rows = "\n".join(f"{np.sin(i / 3):.5f},{np.cos(i / 5):.5f}" for i in range(90))
    (tmp_path / "s.csv").write_text(f"a,b\n{rows}\n")
    dataset = {"type": "series", "path": str(tmp_path / "s.csv"), "window": 5, "horizon": 3, "test": 0.3}
    layers = [{"rnn": {"units": 3, "output": "last"}}, {"dense": "$dataset.outputs"}]
    run = trained(tmp_path, layers, dataset=dataset, loss="mse", metrics=["mae"])
    charts, found = Charts(), find(run)
    value_charts.section(found, charts)
    assert [chart["title"] for chart in charts.data[:2]] == ["a", "b"]
    truth, near, far = charts.data[1]["series"]
    Y = found.loaded.facts.to_units(found.loaded.config.loss.predict(found.judged.Z))
    assert (far["x"][0], far["y"][0]) == (
        2,
        pytest.approx(Y[5, 0]),
    )  # b, three steps ahead: row by row, target by target
    assert (near["x"][4], near["y"][4]) == (4, pytest.approx(Y[1, 4]))
    later = dict(zip(truth["x"], truth["y"], strict=True))
    assert later[2] == pytest.approx(found.loaded.facts.to_units(found.judged.Y)[5, 0], rel=1e-5)


def test_several_answers_are_told_by_their_names(tmp_path):
    draws = stream(0, 2).normal((80, 2))
    rows = [f"{a:.3f},{b:.3f},{';'.join(n for n, v in (('up', a), ('right', b)) if v > 0)}" for a, b in draws]
    (tmp_path / "t.csv").write_text("a,b,tags\n" + "\n".join(rows) + "\n")
    dataset = {"type": "csv", "path": str(tmp_path / "t.csv"), "target": "tags", "separator": ";", "test": 0.4}
    run = trained(
        tmp_path, [{"dense": 2}], dataset=dataset, loss="binary_cross_entropy", metrics=["per_class", "accuracy"]
    )
    found = find(run)
    values = measured(run)["per_class"]
    rows = table(confusions.section(found), "Each class")[1:]
    assert {row[0] for row in rows} == {"up", "right"}
    assert all(float(row[2]) == pytest.approx(values[row[0]]["recall"], abs=5e-4) for row in rows)
    charts = Charts()
    thresholds.section(found, charts)
    assert {text.partition(":")[0] for text in points(charts.data[0])} == {"up", "right"}
    assert re.search(r"<td>(up|right) (yes|no)</td>", wrong_examples.section(found))
