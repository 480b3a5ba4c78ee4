"""The graph computes what the network computes: values, derivatives, and boxes that stand beside each other."""

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from nntrain import config as configs_of
from nntrain.builder import build
from nntrain.model.layer import Context
from nntrain.textbook.drawing import as_dot, as_html, as_mermaid, as_svg
from nntrain.textbook.layout import place
from nntrain.textbook.model_graph import graph_of

CONFIG = """
dataset: {data}
architecture: {layers}
loss: {loss}
dtype: float64
optimizer: {{type: sgd, lr: 0.1}}
training: {{epochs: 1}}
"""
SINE = "{type: sine_waves, examples: 8, length: 3}"
NETWORKS = {
    "logistic": ("{type: moons, examples: 20}", "[dense: 1]", "binary_cross_entropy"),
    "logistic with a sigmoid layer": (
        "{type: moons, examples: 20}", "[dense: 1, sigmoid]", "{type: binary_cross_entropy, from_logits: false}",
    ),
    "mlp": ("digits", "[flatten, dense: 5, relu, dense: 10]", "cross_entropy"),
    "smoothed": ("digits", "[flatten, dense: 5, relu, dense: 10]", "{type: cross_entropy, label_smoothing: 0.1}"),
    "its steps": ("digits", "[flatten, linear: 5, bias, tanh, dense: {units: 10, bias: false}]", "cross_entropy"),
    "values": ("{type: sine, examples: 20}", "[dense: 4, sigmoid, dense: 1]", "mse"),
    "norm": ("digits", "[flatten, dense: 5, batch_norm, relu, dense: 10]", "cross_entropy"),
    "cnn": ("digits", "[conv2d: {filters: 2, kernel: 3}, relu, max_pool2d: 2, flatten, dense: 10]", "cross_entropy"),
    "vae": (
        "{type: digits, reconstruct: true}",
        "[flatten, dense: 6, sample_latent: 0.5, dense: $dataset.outputs]",
        "mse",
    ),
    "residual": ("digits", "[flatten, residual: [dense: 64, tanh], dense: 10]", "cross_entropy"),
    "rnn": (SINE, "[rnn: 4, dense: 1]", "mse"),
    "lstm": (SINE, "[lstm: 3, dense: 1]", "mse"),
    "gru": (SINE, "[gru: 3, dense: 1]", "mse"),
    "last state": (SINE.replace("sine_waves", "adding"), "[lstm: {units: 3, output: last}, dense: 1]", "mse"),
}  # fmt: skip


def built(tmp_path, name):
    data, layers, loss = NETWORKS[name]
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG.format(data=data, layers=layers, loss=loss))
    model = build(configs_of.read(path))
    for network in model.networks.values():  # running statistics and biases that are not 0 and 1
        network.theta += np.random.default_rng(1).uniform(0.01, 0.1, network.theta.shape)
    return model, model.data.parts["train"].batch(np.array([2]))


def own_gradients(model, batch):
    """The network's own backward pass, of the evaluation form of batch norm by finite differences."""
    (network,) = model.networks.values()
    network.clear_gradient()
    context = Context(training=False)
    Z, caches = network.forward(batch.X.astype(np.float64), context)
    J, dZ = model.config.loss(Z, batch.Y)
    J += context.cost  # what layers add to it
    if not any(layer.type == "batch_norm" for layer in network.layers):
        network.accumulate(dZ, caches)
        return J, {name: g.copy() for name, g in network.layout.arrays(network.dtheta).items()}
    gradient = np.zeros_like(network.trainable)
    for i, old in enumerate(network.trainable.copy()):
        ends = []
        for h in (1e-6, -1e-6):
            network.trainable[i] = old + h
            ends.append(model.config.loss(network.apply(batch.X, Context(training=False)), batch.Y)[0])
        network.trainable[i] = old
        gradient[i] = (ends[0] - ends[1]) / 2e-6
    return J, network.layout.arrays(gradient)


@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_derivatives_of_the_steps_are_those_of_the_network(tmp_path, name):
    model, batch = built(tmp_path, name)
    graph = graph_of(model, batch, steps=True)
    J, gradients = own_gradients(model, batch)
    (cost,) = [node for node in graph.nodes if node.kind == "cost"]
    assert float(cost.value) == pytest.approx(J, rel=1e-12)
    found = {f"{n.place}.{n.label}": n.derivative for n in graph.nodes if n.kind == "parameter"}
    assert found
    for parameter, derivative in found.items():
        expected = gradients[parameter].reshape(derivative.shape)
        np.testing.assert_allclose(derivative, expected, rtol=1e-6, atol=1e-9, err_msg=parameter)


QUICK = ("mlp", "lstm", "residual", "values", "vae")


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in NETWORKS])
def test_each_derivative_of_a_step_is_a_finite_difference(tmp_path, name):
    """`pytest -s -m ""` says how far the farthest is from it."""
    model, batch = built(tmp_path, name)
    graph = graph_of(model, batch, steps=True)
    (cost,) = [node for node in graph.nodes if node.kind == "cost"]
    draw = np.random.default_rng(0)

    def cost_with(number, change):
        values = {}
        for node in graph.nodes:
            values[node.number] = (
                node.operation.forward(*(values[i] for i in node.inputs)) if node.operation else node.value
            )
            if node.number == number:
                values[node.number] = values[node.number] + change
        return float(values[cost.number])

    far = 0.0
    for node in graph.nodes:
        direction = draw.normal(size=node.value.shape)
        if name == "cnn" and node.label.startswith("max"):
            direction[node.value == 0] = 0  # the largest of several zeros has no derivative
        h = 1e-5 / max(1.0, float(np.abs(direction).max()))
        difference = (cost_with(node.number, h * direction) - cost_with(node.number, -h * direction)) / (2 * h)
        size = float(np.abs(node.derivative * direction).sum())
        off = abs(float((node.derivative * direction).sum()) - difference) / max(size, 1e-3)
        assert off < 1e-6, node.label
        far = max(far, off)
    print(f"\n{name}: {len(graph.nodes)} nodes, derivatives within {far:.1e} of finite differences")


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_no_box_stands_over_another_and_none_outside(tmp_path, name, steps):
    model, batch = built(tmp_path, name)
    root = ET.fromstring(as_svg(graph_of(model, batch, steps)))
    ns = "{http://www.w3.org/2000/svg}"
    boxes = [
        {k: float(rect.get(k)) for k in ("x", "y", "width", "height")}
        for rect in root.iter(f"{ns}rect")
        if rect.get("class") == "box"
    ]
    for a, b in itertools.combinations(boxes, 2):
        beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
        assert beside or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    width, height = float(root.get("width")), float(root.get("height"))
    assert all(0 <= b["x"] <= width - b["width"] and 0 <= b["y"] <= height - b["height"] for b in boxes)


def test_boxes_that_want_one_place_stand_beside_each_other_in_the_middle_of_it():
    placed = place({0: (50, 20), 1: (80, 20), 2: (80, 20), 3: (50, 20)}, [(0, 1), (0, 2), (1, 3), (2, 3)])
    x = {number: box.x for number, box in placed.boxes.items()}
    assert x[0] == pytest.approx((x[1] + x[2]) / 2)
    assert x[3] == pytest.approx(x[0])
    assert abs(x[1] - x[2]) >= 80


def test_without_an_example_there_are_shapes_and_no_numbers(tmp_path):
    model, _ = built(tmp_path, "mlp")
    graph = graph_of(model)
    assert [node.label for node in graph.nodes] == ["X", "flatten", "dense", "relu", "dense", "cross_entropy"]
    assert [node.shape for node in graph.nodes][:3] == [(1, 8, 8, "m"), (64, "m"), (5, "m")]
    assert 'class="value"' not in as_svg(graph)


def test_every_form_names_every_box(tmp_path):
    model, batch = built(tmp_path, "lstm")
    graph = graph_of(model, batch, steps=True)
    mermaid, dot = as_mermaid(graph), as_dot(graph)
    assert mermaid.startswith("flowchart TD\n")
    assert len(re.findall(r"^  n\d+[\[(]", mermaid, re.MULTILINE)) == len(graph.nodes)
    assert len(re.findall(r"^  n\d+ \[label=", dot, re.MULTILINE)) == len(graph.nodes)
    assert mermaid.count("-->") == dot.count("->") == len(graph.edges())
    ET.fromstring(re.sub(r"<!doctype html>|<meta[^>]*>", "", as_html(graph, "a & b")))


@pytest.mark.parametrize("suffix", ["svg", "html", "mmd", "dot"])
def test_graph_writes_by_suffix_of_a_config_and_of_a_run(nntrain, configs, tmp_path, suffix):
    config = configs / "digits_mlp.yaml"
    assert nntrain("graph", config, "--steps", "-o", f"a.{suffix}").stdout == f"a.{suffix}\n"
    if suffix == "svg":
        nntrain("fit", config, "training.steps=3", "--run-dir", "run", "-q")
        nntrain("graph", "run", "--example", "1", "-o", "b.svg")
        assert 'class="value"' in (tmp_path / "b.svg").read_text("utf-8")


def test_graph_says_what_it_cannot_do(nntrain, configs):
    error = nntrain("graph", configs / "digits_mlp.yaml", "--example", "99999", code=2).stderr
    assert re.search(r"--example 99999: the training part has (\d+) examples, 0 to \d+", error)
    nntrain("graph", configs / "digits_mlp.yaml", "-o", "a.png", code=2)


def test_the_game_of_a_gan_is_drawn_with_what_the_generator_pays(nntrain, configs, tmp_path):
    nntrain("graph", configs / "moons_gan.yaml", "--steps", "--example", "0", "-o", "gan.svg")
    drawn = (tmp_path / "gan.svg").read_text("utf-8")
    assert "J_G" in drawn
    assert "𝓛(D(x), 1)" in drawn
    model = build(configs_of.read(configs / "moons_gan.yaml"))
    for network in model.networks.values():
        network.theta += np.random.default_rng(1).normal(0, 0.01, network.theta.shape)
    graph = graph_of(model, model.data.parts["train"].batch(np.array([0])), steps=True)
    assert all(np.any(node.value) for node in graph.nodes)  # a code of zeros would tell nothing
    assert all(np.any(node.derivative) for node in graph.nodes if node.place.startswith("generator"))


@pytest.mark.parametrize("steps", [False, True])
def test_an_encoder_and_a_decoder_are_one_graph_with_the_derivatives_of_both(tmp_path, steps):
    path = tmp_path / "c.yaml"
    path.write_text("""
dataset: {type: additions, digits: 1, examples: 40, batch_size: 4}
architecture:
  encoder: [embedding: 4, attention: 2]
  decoder: [embedding: 4, residual: [cross_attention: 2], dense: $dataset.classes]
loss: cross_entropy
dtype: float64
optimizer: {type: sgd, lr: 0.1}
training: {epochs: 1}
""")
    model = build(configs_of.read(path))
    batch = model.data.parts["train"].batch(np.array([3]))
    graph = graph_of(model, batch, steps)
    loop, context = model.loop, Context(training=False)
    Z, caches = loop.forward(model.networks, batch, context)
    J, dZ = model.config.loss(Z, batch.Y)
    (cost,) = [node for node in graph.nodes if node.kind == "cost"]
    assert float(cost.value) == pytest.approx(J, rel=1e-12)
    loop.accumulate(model.networks, dZ, caches)
    source = next(node for node in graph.nodes if node.number == graph.source)
    np.testing.assert_allclose(source.derivative, caches[2].dA, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in (Path(__file__).parents[2] / "configs").glob("*.yaml")))
@pytest.mark.parametrize("steps", [False, True])
def test_every_config_is_drawn(name, steps):
    try:
        model = build(configs_of.read(Path(__file__).parents[2] / "configs" / f"{name}.yaml"))
    except Exception as error:  # data that do not ship
        pytest.skip(str(error))
    ET.fromstring(as_svg(graph_of(model, steps=steps)))
