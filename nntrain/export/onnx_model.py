"""The network as .onnx: preparation, layers, and what is said in the end; examples first, any number of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nntrain import __version__
from nntrain.errors import ConfigError, NNTrainError
from nntrain.export.description import Decision, Description, Inputs
from nntrain.export.exported import BOUNDS, Asked, Exported, Trial
from nntrain.export.onnx_graph import Graph
from nntrain.export.onnx_layers import write
from nntrain.export.reference import Examples
from nntrain.model.shapes import Array

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

OPSET = 20  # which has Gelu; comparison of words came with 19
IR_VERSION = 9
Axes = list[int | str]


def onnx_file(described: Description, file: str, raw: bool) -> Exported:
    """The file.  Raises ConfigError for a layer that ONNX does not have, and where the package is missing."""
    if find_spec("onnx") is None:
        raise ConfigError("export: .onnx needs the package onnx: pip install 'nntrain[onnx]'")
    content = model(described, raw).SerializeToString()

    def run(folder: Path, asked: Asked) -> Trial:
        examples = asked()
        answers = said(content, feeds(described, examples.raw, examples.lengths))
        if "label" in answers and not _same_labels(answers["label"], examples):
            raise NNTrainError("export: onnxruntime gives other labels than nntrain; nothing was written")
        wanted = examples.Z if raw else examples.answers
        found = next(iter(answers.values()))
        return Trial(examples.counted(found), examples.counted(wanted), len(wanted))

    return Exported({file: content}, "onnxruntime", run if find_spec("onnxruntime") else None)


def model(described: Description, raw: bool = False) -> ModelProto:
    """The model, checked in full.  Raises ConfigError."""
    import onnx
    from onnx import helper

    graph = Graph(described.dtype)
    inputs, x = _prepared(graph, described)
    Z = write(graph, described.network, x)
    axes: Axes = [*("mT" if len(described.network.output) == 2 else "m"), described.network.output[-1]]
    if len(described.network.output) == 3:
        axes = ["m", *described.network.output]
    elif len(axes) == 3 and not _open(described):
        axes[1] = described.network.output[0]
    outputs = _scores(graph, Z, axes) if raw else _answers(graph, Z, axes, described.decision)
    constants = list(graph.constants.values())
    made = helper.make_graph(graph.nodes, described.name or "network", inputs, outputs, constants)
    proto = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="nntrain",
        producer_version=__version__,
    )
    helper.set_model_props(proto, _metadata(described, raw))
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _open(described: Description) -> bool:
    """Whether sequences may have any number of steps."""
    return described.padded or described.inputs.symbols is not None


def _value(name: str, dtype: np.dtype, axes: Axes) -> ValueInfoProto:
    from onnx import helper

    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), axes)


def _prepared(graph: Graph, described: Description) -> tuple[list[ValueInfoProto], str]:
    """What comes in, and the name of what the network takes."""
    inputs = described.inputs
    if inputs.mixed:
        values, x = _columns(graph, inputs)
    else:
        shape: Axes = ["m", *inputs.shape]
        if _open(described):
            shape[1] = "T"
        values, x = [_value("x", inputs.dtype, shape)], "x"
    if inputs.mean is not None and inputs.deviation is not None:
        centred = graph.node("Sub", x, graph.constant(inputs.mean)) if inputs.dtype == np.float64 else ""
        if not centred:
            centred = graph.node("Sub", graph.node("Cast", x, to=11), graph.constant(inputs.mean))
        x = graph.node("Mul", centred, graph.constant(1 / inputs.deviation))
    if inputs.dtype.kind == "f" and (inputs.dtype != graph.dtype or inputs.mean is not None):
        x = graph.node("CastLike", x, graph.number(0))
    if described.padded:
        values.append(_value("lengths", np.dtype(np.int64), ["m"]))
        graph.lengths = "lengths"
    return values, x


def _columns(graph: Graph, inputs: Inputs) -> tuple[list[ValueInfoProto], str]:
    """A table with words or dates: an input (m, 1) for each column, of words as text; a date comes as its parts."""
    from onnx import TensorProto, helper

    assert inputs.table is not None
    values, parts = [], []
    for column in inputs.table.columns:
        width = column.width if column.categories is None else 1
        kind = TensorProto.DOUBLE if column.categories is None else TensorProto.STRING
        values.append(helper.make_tensor_value_info(column.name, kind, ["m", width]))
        part = column.name
        if column.categories is not None:
            words = np.array([*column.categories, *([""] if column.gap else [])], object)
            part = graph.node("Cast", graph.node("Equal", part, graph.constant(words[None])), to=TensorProto.DOUBLE)
        parts.append(part)
    return values, graph.node("Concat", *parts, axis=1)


def _scores(graph: Graph, Z: str, axes: Axes) -> list[ValueInfoProto]:
    return [_value(graph.named("scores", "Identity", Z), graph.dtype, axes)]


def _answers(graph: Graph, Z: str, axes: Axes, decision: Decision) -> list[ValueInfoProto]:
    """`probabilities` and `label`, or `prediction` in the data's units."""
    if decision.labels is None:
        Y = graph.node({"sigmoid": "Sigmoid", "softmax": "Softmax", None: "Identity"}[decision.activation], Z)
        if decision.mean is None or decision.deviation is None:
            return [_value(graph.named("prediction", "Identity", Y), graph.dtype, axes)]
        wide = graph.node("Mul", graph.node("Cast", Y, to=11), graph.constant(decision.deviation))
        return [_value(graph.named("prediction", "Add", wide, graph.constant(decision.mean)), np.dtype("f8"), axes)]
    if decision.single:
        above = graph.node("Greater", Z, graph.number(decision.threshold))
        label = graph.named("label", "Squeeze", graph.node("Cast", above, to=7), graph.ints(-1))
        if decision.activation == "sigmoid":
            both = graph.node("Concat", graph.node("Neg", Z), Z, axis=-1)
            P = graph.named("probabilities", "Sigmoid", both)
        else:
            P = graph.named("probabilities", "Concat", graph.node("Sub", graph.number(1), Z), Z, axis=-1)
    else:
        label = graph.named("label", "ArgMax", Z, axis=-1, keepdims=0)
        if decision.activation == "softmax":
            P = graph.named("probabilities", "Softmax", Z, axis=-1)
        else:
            P = graph.named("probabilities", "Identity", Z)
    classes: Axes = [*axes[:-1], len(decision.labels)]
    return [_value(P, graph.dtype, classes), _value(label, np.dtype(np.int64), axes[:-1])]


def _metadata(described: Description, raw: bool) -> dict[str, str]:
    """What a program that runs the model wants to know, each a JSON text but for the name."""
    inputs, decision = described.inputs, described.decision
    known: dict[str, object] = {"labels": decision.labels, "outputs": decision.names, "symbols": inputs.symbols}
    known |= {"pixel_scale": inputs.scale, "steps_count": True if described.padded else None}
    if inputs.table is not None:
        known["columns"] = [column.name for column in inputs.table.columns]
        known["units"] = {column.name: column.unit for column in inputs.table.columns if column.unit} or None
        known["dates"] = {c.name: c.date.parts for c in inputs.table.columns if c.date} or None
    if inputs.series is not None:
        known["columns"] = inputs.series.columns
    texts = {key: json.dumps(value, ensure_ascii=False) for key, value in known.items() if value is not None}
    return {"name": described.name, **texts}


def feeds(described: Description, raw: Array, lengths: Array | None) -> dict[str, Array]:
    """Examples as the model takes them, by the names of its inputs."""
    inputs = described.inputs
    fed: dict[str, Array] = {}
    if inputs.mixed and inputs.table is not None:
        ends = np.cumsum([column.width for column in inputs.table.columns])
        for column, part in zip(inputs.table.columns, np.split(raw, ends[:-1], axis=1), strict=True):
            fed[column.name] = part.astype(np.float64)
            if column.categories is not None:
                words = np.array([*column.categories, *([""] if column.gap else []), "another word"], object)
                fed[column.name] = words[np.where(part.any(axis=1), part.argmax(axis=1), -1)][:, None]
    else:
        fed["x"] = raw.astype(inputs.dtype)
    if described.padded:
        fed["lengths"] = np.full(len(raw), raw.shape[1], np.int64) if lengths is None else lengths.astype(np.int64)
    return fed


def said(content: bytes, fed: Mapping[str, Array]) -> dict[str, Array]:
    """What onnxruntime says, by the names of the outputs."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(fed)), strict=True))


def _same_labels(label: Array, examples: Examples) -> bool:
    """Whether the labels are nntrain's, but where two classes are as probable: rounding then chooses."""
    P, bound = examples.answers, BOUNDS[examples.Z.dtype.name]
    chosen = np.take_along_axis(P, examples.counted(label)[..., None], -1)[..., 0]
    return bool(examples.counted(chosen >= P.max(axis=-1) - bound)[examples.counted(np.ones_like(label)) > 0].all())
