"""Two inputs make a plane: what the network decides in each place of it, from before the first step to the last."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from nntrain.errors import NNTrainError
from nntrain.files.regular_files import read_regular
from nntrain.inference.load import Loaded, load
from nntrain.inference.plane import SIDE, Plane, decisions, plane_of
from nntrain.messages import in_html
from nntrain.model.shapes import Array
from nntrain.pictures import pixels, png
from nntrain.report import figures
from nntrain.report.axes import Scale
from nntrain.report.charts import BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, frame, left, svg, top
from nntrain.report.findings import Findings
from nntrain.runs import Run

MOST_POINTS = 400  # examples that are shown
MOST_FRAMES = 40
_LARGEST = 4 * SIDE * SIDE  # bytes of a frame's file
_HEADER = b"IHDR" + struct.pack(">II", SIDE, SIDE)


class Moment(NamedTuple):
    """The plane after an epoch: 0 is before the first step."""

    epoch: int
    uri: str


def section(found: Findings) -> str:
    """One figure of all moments, the best in front: the page's script lets one go through them."""
    loaded = found.loaded
    if loaded is None or found.data is None or found.judged is None or found.judged.numbers is None:
        return ""
    plane = plane_of(loaded, found.data.parts["train"])
    if plane is None:
        return ""
    best = int(loaded.saved.manifest["epoch"])
    moments = _moments(found, loaded, plane, best)
    items = "".join(f'<li><i class="k{k % COLOURS}"></i>{in_html(n)}</li>' for k, n in enumerate(found.labels))
    said = (
        "The plane of both inputs in the colour of the class that is decided, the stronger the surer, "
        f"and examples of the {found.part} part."
    )
    return f'<h3>Decision boundary</h3>{figures.soft(said)}<ul class="legend">{items}</ul>' + figures.side_by_side(
        [_figure(found, loaded, plane, moments, best, found.judged.numbers)]
    )


def _moments(found: Findings, loaded: Loaded, plane: Plane, best: int) -> list[Moment]:
    """The network as it was drawn, what training left in samples/, the best and the last checkpoint."""
    moments = {}
    if loaded.config.start is None:
        first = load(loaded.path)
        for network in first.networks.values():
            network.draw(first.config.seed)
        moments[0] = pixels.data_uri(decisions(first, plane))
    ended = best
    with suppress(NNTrainError):  # the report has what there is
        last = load(Run(found.run_dir).last)
        ended = int(last.saved.manifest["epoch"])
        moments[ended] = pixels.data_uri(decisions(last, plane))
    moments[best] = pixels.data_uri(decisions(loaded, plane))
    frames = {epoch: uri for epoch, uri in _frames(found).items() if epoch <= ended}
    return [Moment(epoch, uri) for epoch, uri in sorted((frames | moments).items())]


def _frames(found: Findings) -> dict[int, str]:
    """By epoch, evenly spread where there are many; a file that is no such picture is left out."""
    named = {}
    for file in (found.run_dir / "samples").glob("boundary_*.png"):
        if number := re.fullmatch(r"boundary_(\d{4,9})", file.stem):
            named[int(number[1])] = file
    epochs, frames = sorted(named), {}
    if len(epochs) > MOST_FRAMES:
        epochs = [epochs[round(i * (len(epochs) - 1) / (MOST_FRAMES - 1))] for i in range(MOST_FRAMES)]
    for epoch in epochs:
        with suppress(OSError):
            content = read_regular(named[epoch]) if named[epoch].stat().st_size <= _LARGEST else b""
            if content.startswith(png.SIGNATURE) and content[12:24] == _HEADER:
                frames[epoch] = pixels.as_uri(content)
    return frames


def _figure(found: Findings, loaded: Loaded, plane: Plane, moments: list[Moment], best: int, numbers: Array) -> str:
    facts, names = loaded.facts, _names(loaded)
    batch = found.examined.batch(numbers[:MOST_POINTS])
    low, high = facts.example(plane.low), facts.example(plane.high)
    x, y = (Scale([float(low[k]), float(high[k])], logarithmic=False) for k in (0, 1))
    body, last = [], moments[-1].epoch
    for moment in moments:
        hidden = "" if moment.epoch == best else ' visibility="hidden"'
        body.append(
            f'<image class="moment" data-epoch="{moment.epoch}" x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
            f'height="{HEIGHT - TOP - BOTTOM}" preserveAspectRatio="none" href="{moment.uri}"{hidden}/>'
        )
    body.append(frame(x, y, names[0]))
    for point, label in zip(facts.inputs_in_units(batch.X), batch.Y, strict=True):
        if np.all(point >= low) and np.all(point <= high):
            px, py = left(x(float(point[0]))), top(y(float(point[1])))
            body.append(f'<circle class="spot k{int(label) % COLOURS}" cx="{px}" cy="{py}" r="2.5"/>')
    title = in_html(f"{names[1]} over {names[0]}")
    about = in_html(f"decision boundary by {names[0]} and {names[1]}")
    drawn = svg("".join(body)).replace("<svg ", f'<svg role="img" aria-label="{about}" ', 1)
    return (
        f'<figure class="moments" data-best="{best}"><figcaption>{title}</figcaption>{drawn}'
        f'<output class="readout">{in_html(_said(best, best, last))}</output></figure>'
    )


def _said(epoch: int, best: int, last: int) -> str:
    """As the page's script has it, moments.js."""
    return f"epoch {epoch} of {last}" + (", the best" if epoch == best else "")


def _names(loaded: Loaded) -> tuple[str, str]:
    layout = loaded.facts.preparation.layout
    columns = [column.name for column in layout.columns] if layout is not None else []
    return (columns[0], columns[1]) if len(columns) == 2 else ("input 0", "input 1")
