"""What each head looks at, as the report shows it."""

import numpy as np
import pytest
from click.testing import CliRunner

import nntrain
from nntrain.cli import main
from nntrain.inference import load as loading
from nntrain.kernels import attention
from nntrain.kernels.reference import naive_attention as naive
from nntrain.report import attention_maps
from nntrain.runtime.streams import stream


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("lengths", [None, np.array([3, 1])])
def test_weights_are_those_of_the_reference(causal, lengths):
    Q, K = stream(0, 0).normal((3, 2, 4, 5)), stream(1, 0).normal((3, 2, 4, 5))
    valid = None if lengths is None else np.arange(5) < lengths[:, None]
    expected = naive.attention_weights(Q, K, causal, lengths)
    assert attention.weights(Q, K, attention.Masks(causal, valid)) == pytest.approx(expected)


def config(layers, **dataset):
    return {
        "name": "vit",
        "dataset": {"type": "digits", "validation": 0.1, **dataset},
        "architecture": layers,
        "loss": "cross_entropy",
        "optimizer": {"type": "adam"},
        "training": {"steps": 2},
    }


def details(run):
    """The report as the command writes it."""
    path = run.parent / "report.html"
    done = CliRunner().invoke(main, ["report", str(run), "-o", str(path)])
    assert done.exit_code == 0, done.output
    return path.read_text("utf-8")


def test_a_report_has_a_picture_for_each_layer_of_attention(tmp_path):
    block = [{"residual": ["layer_norm", {"attention": 2}]}]
    vit = [{"patches": {"size": 4, "units": 8}}, {"repeat": {"times": 2, "layers": block}}, "flatten", {"dense": 10}]
    run = nntrain.fit(config(vit), run_dir=tmp_path / "run").run_dir
    maps = attention_maps.look(loading.load(run / "checkpoints" / "best.npz"))
    assert [layer for layer, _ in maps.layers] == [f"repeat_1.residual_{i}.attention_1" for i in (1, 2)]
    for _, weights in maps.layers:
        assert weights.shape == (2, 4, 4)
        assert weights.sum(axis=2) == pytest.approx(1, rel=1e-5)
    section = attention_maps.section(maps)
    assert section.count("<img") == 2
    assert "repeat_1.residual_2.attention_1, 2 heads" in section
    assert "<h3>Attention</h3>" in details(run)


def test_a_network_without_attention_has_none(tmp_path):
    run = nntrain.fit(config(["flatten", {"dense": 10}]), run_dir=tmp_path / "run").run_dir
    assert attention_maps.section(attention_maps.look(loading.load(run / "checkpoints" / "best.npz"))) == ""
