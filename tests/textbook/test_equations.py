"""Equations come from the docstrings, and the shapes beside them are those of the arrays."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from layers.cases import CASES

from nntrain import config as configs
from nntrain.builder import build
from nntrain.components import find
from nntrain.layers import (
    Attention,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    Position,
    ReLU,
    Residual,
    Sequential,
)
from nntrain.losses import BinaryCrossEntropy, MeanAbsoluteError, MeanSquaredError
from nntrain.model.network import Network
from nntrain.optimizers import SGD
from nntrain.textbook.docstrings import inherited, statement
from nntrain.textbook.equations import explain, network_steps
from nntrain.textbook.explanation import as_html, as_markdown, as_text
from nntrain.textbook.latex import latex
from nntrain.textbook.mathml import mathml
from nntrain.textbook.notation import text, tokens

ROOT = Path(__file__).parents[2]
CHAINS = {"sequential", "repeat"}  # are their layers, and have no equation of their own


def steps_of(*layers, shape):
    return network_steps(Network(Sequential(layers), shape))


def lines(step):
    return [text(line) for line in (*step.forward, *step.backward)]


@pytest.mark.parametrize("name", [name for name in find("layer") if name not in CHAINS])
def test_every_layers_docstring_has_its_derivative_and_what_it_gives(name):
    said = inherited(find("layer")[name])
    assert any(e.backward for e in said.equations), "no equation of the way back"
    assert any(not e.backward for e in said.equations) or name in ("flatten", "reshape")


@pytest.mark.parametrize("kind", ["loss", "optimizer"])
def test_every_loss_and_optimizer_has_an_equation_and_a_source_in_its_docstring(kind):
    for name in find(kind):
        assert inherited(find(kind)[name]).equations, name


def test_a_dense_layer_has_the_numbers_of_its_network():
    first, relu, second = steps_of(Dense(3), ReLU(), Dense(2), shape=(5,))
    assert lines(first) == [
        "Z¹ (3, m) = W¹ (3, 5) X (5, m) + b¹ (3, 1)",
        "dW¹ (3, 5) = dZ¹ Xᵀ",
        "db¹ (3, 1) = Σ dZ¹ over the examples",
        "dX (5, m) = W¹ᵀ dZ¹",
    ]
    assert lines(relu) == ["A¹ (3, m) = max(0, Z¹ (3, m))", "dZ¹ (3, m) = dA¹ where A¹ > 0, else 0"]
    assert lines(second)[0] == "Z² (2, m) = W² (2, 3) A¹ (3, m) + b² (2, 1)"
    assert (first.count, first.flops) == (18, 33)


def test_layers_are_numbered_by_those_with_parameters_and_what_follows_belongs_to_them():
    steps = steps_of(Flatten(), Dense(3), BatchNorm(), ReLU(), Dropout(0.5), Dense(2), shape=(1, 2, 2))
    assert [step.number for step in steps] == [0, 1, 2, 2, 2, 3]
    assert lines(steps[-1])[0].startswith("Z³ (2, m) = W³ (2, 3) Ã² (3, m)")


def test_a_residual_layer_comes_before_what_is_inside_it_and_says_what_goes_on():
    residual, inner, outer = steps_of(Residual((Dense(4),)), Dense(2), shape=(4,))
    assert (residual.depth, inner.depth, outer.depth) == (0, 1, 0)
    assert inner.path == "residual_1.dense_1"
    assert lines(residual)[0].startswith("Y¹ (4, m) = F(X (4, m)) + S(X)")
    assert lines(inner)[0] == "Z¹ (4, m) = W¹ (4, 4) X (4, m) + b¹ (4, 1)"
    assert "Y¹" in lines(outer)[0]


@pytest.mark.parametrize("name", [name for name in CASES if name not in {*CHAINS, "tied"}])
def test_each_shape_is_that_of_the_array(name):
    for case in CASES[name]:
        try:
            network = Network(Sequential((case.layer,)), case.shape)
        except ValueError:
            continue  # a layer that only stands beside another
        network.allocate("float64")
        network.draw(0)
        m = 3
        X = case.X(m) if case.X else np.random.default_rng(0).normal(size=(*case.shape, m))
        context = case.context(m)
        context.state = None
        Y, _ = network.forward(X, context)
        steps = network_steps(network)
        m_of = {"m": m}
        top = [step for step in steps if step.depth == 0]
        assert tuple(m_of.get(n, n) for n in top[0].input) == X.shape
        assert tuple(m_of.get(n, n) for n in top[-1].output) == Y.shape
        for step in steps:
            for parameter, shape in step.parameters.items():
                named = [n for n in network.layout.names if re.fullmatch(rf"{step.path}(\.forward)?\.{parameter}", n)]
                assert shape == network.layout.names[named[0]].shape
            shown = {f"{t.text}_{t.sub}".rstrip("_") for line in step.forward for t in line if t.shape}
            symbols = {name: symbol for symbol, name in inherited(type(step.layer)).saved.items()}
            assert {symbols.get(name, name) for name in step.parameters} <= shown, (
                "a parameter whose shape stands nowhere"
            )


def test_an_equation_of_an_argument_takes_the_place_of_that_without_it():
    said = inherited(SGD)
    plain, momentum, nesterov = ([e.text for e in said.holding(SGD(lr=0.1, **given))] for given in (
        {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True},
    ))  # fmt: skip
    assert plain == ["θ ← θ − α dθ"]
    assert momentum == ["v ← β v + dθ", "θ ← θ − α v"]
    assert nesterov[-1] == "θ ← θ − α (dθ + β v)"


def test_an_equation_may_hold_for_one_value_of_an_argument():
    said = inherited(BinaryCrossEntropy)
    logits, probabilities = (
        [e.left for e in said.holding(BinaryCrossEntropy(from_logits=is_logit))] for is_logit in (True, False)
    )
    assert "∂𝓛/∂a" in probabilities
    assert "∂𝓛/∂a" not in logits


@pytest.mark.parametrize("kind", ["layer", "loss", "optimizer"])
def test_every_equation_can_be_written_as_text_latex_and_mathml(kind):
    for name in find(kind):
        for equation in inherited(find(kind)[name]).equations:
            line = tokens(equation.text)
            assert (
                text(line).replace(" ", "")[:1]
                == equation.text.replace(" ", "").replace("gamma", "γ").replace("beta", "β")[:1]
            )
            written = latex(line)
            assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}"), written
            assert written.isascii(), written
            ET.fromstring(mathml(line))


def model(name, *overrides):
    return build(configs.read(ROOT / "configs" / f"{name}.yaml", overrides))


def test_the_cost_and_the_update_have_their_values():
    told = as_text(explain(model("digits_mlp")))
    assert "update: sgd\n  v ← β v + dθ\n  θ ← θ − α v\n  dW ← dW + λ W for the weights" in told
    assert "with α = 0.1, β = 0.9, nesterov = False, λ = 0.0003" in told
    assert "cost: cross_entropy\n  A³ (10, m) = softmax(Z³ (10, m))\n  J = −(1/m) Σ Σ y log a\n" in told
    assert "dZ³ (10, m) = (A³ − Y) / m with Y one-hot times 1 − ε" in told
    assert "S = 780" in told


def cost_of(name, *overrides):
    return [
        text(line) for part in explain(model(name, *overrides)).parts if "cost" in part.heading for line in part.lines
    ]


def test_the_cost_is_a_mean_over_what_it_says():
    logistic = cost_of("logistic_regression")
    assert logistic[:2] == ["𝓛 = −(y log a + (1 − y) log(1 − a))", "a = σ(z), applied here"]
    assert logistic[-2:] == ["J = (1/m) Σ 𝓛", "dZ¹ (1, m) = (1/m) ∂𝓛/∂z"]
    assert cost_of("digits_vae")[-2] == "J = (1/(64 m)) Σ 𝓛"
    assert "e = ŷ − y" in cost_of("adding_lstm")
    assert cost_of("names_gru")[0] == "J = −(1/(14 m)) Σ log a_y"
    assert "J_D = (1/m) Σ 𝓛(D(x), 1) + (1/m) Σ 𝓛(D(G(z)), 0)" in cost_of("moons_gan")
    T, n, m = 4, 3, 5
    Z, Y = np.random.default_rng(0).normal(size=(2, T, n, m))
    for loss, each, slope in (
        (MeanSquaredError(), (Z - Y) ** 2, 2 * (Z - Y)),
        (MeanAbsoluteError(), abs(Z - Y), np.sign(Z - Y)),
    ):
        cost, dZ = loss(Z, Y)
        assert cost == pytest.approx(each.sum() / (T * n * m))
        np.testing.assert_allclose(dZ, slope / (T * n * m))


def test_what_the_training_does_to_cost_and_gradient_is_said():
    given = ["training.l2=0.01", "training.clip_norm=5", "training.average={decay: 0.99}"]
    told = as_text(explain(model("iris", *given)))
    assert "J ← J + (λ₂/2) Σ W² for the weights\n  dW ← dW + λ₂ W for the weights\n" in told
    assert "gradient: clip_norm\n  dθ ← dθ · limit / ‖dθ‖ where ‖dθ‖ > limit\n  with limit = 5.0" in told
    assert "θ̄ = v / (1 − βᵗ)" in told


def test_without_a_bias_none_is_in_the_equations():
    for layer, shape in (
        (Dense(2, bias=False), (3,)),
        (Attention(2, bias=False), (4, 6)),
        (LayerNorm(bias=False), (3,)),
    ):
        (step,) = steps_of(layer, shape=shape)
        assert not re.search(r"\bd?[bβ](?:¹|_| )", "\n".join(lines(step))), lines(step)
    (step,) = steps_of(Conv2d(2, 3, bias=False), shape=(1, 5, 5))
    assert lines(step)[0] == "Z¹ (2, 3, 3, m) = W¹ (2, 1, 3, 3) ∗ X (1, 5, 5, m)"


def test_a_possessive_is_a_word_and_no_derivative():
    line = tokens("W e_x: each symbol's column, f'(x)")
    assert text(line) == "W e_x: each symbol’s column, f′(x)"
    assert " symbol’s column</p>" in mathml(tokens("W: each symbol's column"))
    assert r"symbol's column" in latex(line)


def test_every_array_has_a_name_of_its_own():
    inner = Residual((Dense(4), ReLU(), Dropout(0.5), Residual((Dense(4), ReLU())), ReLU()))
    steps = steps_of(Flatten(), Dense(4), ReLU(), Dropout(0.5), inner, ReLU(), Flatten(), Dense(2), shape=(1, 2, 2))
    given = [lines(step)[0].split(" =")[0] for step in steps]
    assert len(set(given)) == len(given), given
    assert lines(steps[0])[0].startswith("A⁰ (4, m) = X (1, 2, 2, m)")
    assert lines(steps[3])[0].startswith("Ã¹ (4, m) = A¹ (4, m) ∘ D")


def test_attention_says_what_its_arguments_change():
    plain, causal, turned = (
        lines(*steps_of(Attention(2, **given), shape=(4, 8))) for given in ({}, {"causal": True}, {"positions": "rope"})
    )
    assert "S_i = K_iᵀ Q_i / √d" in plain
    assert any(line.startswith("S_i = K_iᵀ Q_i / √d, and −∞ where") for line in causal)
    assert any(line.startswith("Q_i ← R_t Q_i") for line in turned)
    assert not any("R_t" in line for line in (*plain, *causal))
    assert any(line.startswith("dP¹_t = ") for line in lines(*steps_of(Position("learned"), shape=(4, 6))))
    assert not any(line.startswith("dP") for line in lines(*steps_of(Position("sinusoidal"), shape=(4, 6))))


@pytest.mark.parametrize(
    ("component", "with_it", "without"),
    [
        (Attention(2, positions="rope"), "Su et al. 2021", Attention(2)),
        (SGD(momentum=0.9), "(C2W2L06)", SGD()),
        (SGD(momentum=0.9, nesterov=True), "Sutskever", SGD(momentum=0.9)),
    ],
)
def test_a_source_is_named_where_what_it_is_the_source_of_holds(component, with_it, without):
    said = statement(type(component))
    assert with_it in " ".join(said.cited(component))
    assert with_it not in " ".join(said.cited(without))
    assert said.cited(without)


def test_a_page_and_markdown_say_what_the_text_says():
    explained = explain(model("digits_gan"))
    page, markdown = as_html(explained), as_markdown(explained)
    ET.fromstring(re.sub(r"<!doctype html>|<meta[^>]*>", "", page))
    assert markdown.count("$$") == 2 * page.count('class="equation"')
    for step in (step for steps in explained.networks.values() for step in steps):
        assert f"<h3>{step.path if not step.number else f'layer {step.number}: {step.path}'}" in page


def test_explain_shows_one_layer_where_it_is_named(nntrain, configs):
    told = nntrain("explain", configs / "digits_mlp.yaml", "logits").stdout
    assert told.startswith(
        "layer 3: logits (dense, 330 parameters)\n  Z³ (10, m) = W³ (10, 32) A² (32, m) + b³ (10, 1)\n"
    )
    assert (
        "no layer 'logit'; did you mean 'logits'?"
        in nntrain("explain", configs / "digits_mlp.yaml", "logit", code=2).stderr
    )
    error = nntrain("explain", configs / "digits_mlp.yaml", "zzz", code=2).stderr
    assert "no layer 'zzz'; there are flatten_1, dense_1" in error


def test_explain_writes_by_suffix_and_takes_overrides(nntrain, configs, tmp_path):
    nntrain("explain", configs / "digits_mlp.yaml", "architecture.1.units=7", "-o", "net.md")
    assert r"\underset{(7,64)}{W^{[1]}}" in (tmp_path / "net.md").read_text("utf-8")
    nntrain("explain", configs / "digits_mlp.yaml", "-o", "net.html")
    assert "<math" in (tmp_path / "net.html").read_text("utf-8")
    nntrain("explain", configs / "digits_mlp.yaml", "-o", "net.pdf", code=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "configs").glob("*.yaml")))
def test_every_config_is_explained(name):
    try:
        explained = explain(model(name))
    except Exception as error:
        pytest.skip(str(error))
    assert as_text(explained)
