"""Two inputs make a plane: what the network decides in each place of it, before, during and after training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nntrain.data.parts import Batch
from nntrain.errors import NNTrainError
from nntrain.inference.evaluator import output
from nntrain.inference.load import Loaded, load
from nntrain.messages import in_html
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.report import figures
from nntrain.report.axes import Scale
from nntrain.report.charts import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, left, svg, top
from nntrain.report.findings import Findings
from nntrain.runs import Run

SIDE = 100  # points along each axis
MOST_POINTS = 400  # examples that are shown
_CLASSES = ((29, 95, 209), (194, 65, 12), (15, 118, 110), (162, 28, 175), (138, 97, 0), (71, 85, 105))
_PAPER = 247


class Frame(NamedTuple):
    """The plane at one moment: `decided` (SIDE, SIDE) class or value, `sure` the share of colour that it has."""

    when: str
    decided: Array
    sure: Array


def section(found: Findings) -> str:
    """A picture of each checkpoint: before the first step, the best, the last."""
    loaded = found.loaded
    if loaded is None or found.judged is None or found.judged.numbers is None or loaded.facts.input_shape != (2,):
        return ""
    facts = loaded.facts
    if facts.vocabulary is not None or facts.target != "labels" or len(loaded.networks) != 1:
        return ""
    with np.errstate(all="ignore"):
        batch = found.examined.batch(found.judged.numbers[:MOST_POINTS])
        X = np.moveaxis(batch.X, -1, 0)
        low, high = X.min(axis=0), X.max(axis=0)
        margin = 0.1 * np.maximum(high - low, 1e-6)
        low, high = low - margin, high + margin
        frames = [_frame(loaded, low, high, when) for loaded, when in _moments(found, loaded)]
    ends = facts.example(low), facts.example(high)
    names = _names(loaded)
    figs = [_figure(frame, facts.inputs_in_units(batch.X), batch.Y, ends, names) for frame in frames]
    items = "".join(f'<li><i class="k{k % COLOURS}"></i>{in_html(n)}</li>' for k, n in enumerate(found.labels))
    said = (
        f"The plane of both inputs in the colour of the class that is decided, and examples of the {found.part} part: "
        "before the first step, and at the checkpoints that a run keeps, the best and the last."
    )
    return f'<h3>Decision boundary</h3>{figures.soft(said)}<ul class="legend">{items}</ul>{figures.side_by_side(figs)}'


def _moments(found: Findings, loaded: Loaded) -> list[tuple[Loaded, str]]:
    """The network as it was drawn, and at the run's checkpoints: it keeps the best and the last."""
    moments = []
    best = int(loaded.saved.manifest["epoch"])
    started = loaded.config.start is not None
    if not started:
        first = load(loaded.path)
        for network in first.networks.values():
            network.draw(first.config.seed)
        moments.append((first, "before the first step"))
    moments.append((loaded, f"epoch {best}, the best"))
    try:
        last = load(Run(found.run_dir).last)
    except NNTrainError:
        return moments
    if (epoch := int(last.saved.manifest["epoch"])) != best:
        moments.append((last, f"epoch {epoch}, the last"))
    return moments


def _frame(loaded: Loaded, low: Array, high: Array, when: str) -> Frame:
    """Row 0 is the top."""
    x, y = (np.linspace(low[k], high[k], SIDE) for k in (0, 1))
    plane = np.stack([np.tile(x, SIDE), np.repeat(y[::-1], SIDE)]).astype(loaded.config.dtype)
    Z = output(loaded, Batch(plane, np.zeros(SIDE * SIDE, np.int64))).Z
    P, decided = loaded.config.loss.probabilities(Z), loaded.config.loss.decide(Z)
    chance = 1 / len(P)
    sure = (P.max(axis=0) - chance) / (1 - chance)
    return Frame(when, decided.reshape(SIDE, SIDE), sure.reshape(SIDE, SIDE))


def _figure(shown: Frame, points: Array, labels: Array, ends: tuple[Array, Array], names: tuple[str, str]) -> str:
    colours = np.array(_CLASSES, float)[shown.decided % len(_CLASSES)]
    share = 0.15 + 0.45 * np.clip(np.nan_to_num(shown.sure), 0, 1)[..., None]
    picture = np.rint(_PAPER + (colours - _PAPER) * share).astype(np.uint8)
    x, y = (Scale([float(ends[0][k]), float(ends[1][k])], logarithmic=False) for k in (0, 1))
    body = [
        f'<image x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}" '
        f'preserveAspectRatio="none" href="{pixels.data_uri(picture)}"/>',
        frame(x, y, names[0]),
    ]
    for point, label in zip(points, labels, strict=True):
        px, py = left(x(float(point[0]))), top(y(float(point[1])))
        body.append(f'<circle class="spot k{int(label) % COLOURS}" cx="{px}" cy="{py}" r="2.5"/>')
    title = f"{names[1]} over {names[0]}, {shown.when}"
    about = in_html(f"decision boundary, {shown.when}, by {names[0]} and {names[1]}")
    drawn = svg("".join(body)).replace("<svg ", f'<svg role="img" aria-label="{about}" ', 1)
    return f"<figure><figcaption>{in_html(title)}</figcaption>{drawn}</figure>"


def _names(loaded: Loaded) -> tuple[str, str]:
    layout = loaded.facts.preparation.layout
    columns = [column.name for column in layout.columns] if layout is not None else []
    return (columns[0], columns[1]) if len(columns) == 2 else ("input 0", "input 1")
