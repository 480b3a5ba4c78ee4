"""The parts of the page, each from plain values to HTML."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from nntrain.errors import NNTrainError
from nntrain.files.plain_values import Json, JsonObject
from nntrain.pictures import pixels
from nntrain.report.axes import word
from nntrain.report.findings import Findings, Wrong
from nntrain.runs import Run

SAMPLE_BYTES = 1_000_000  # of pictures in one page
_TEXT = 1500


class Charts:
    """Figures with their numbers, which go into the page as one piece of JSON."""

    def __init__(self) -> None:
        self.data: list[JsonObject] = []

    def figure(self, title: str, drawn: tuple[str, JsonObject], wide: bool = False) -> str:
        """The HTML of a chart, whose data go to the end of the page."""
        svg, data = drawn
        self.data.append({"title": title, **data})
        label = escape(f"{title}: chart; arrow keys read out its values", quote=True)
        svg = svg.replace("<svg ", f'<svg tabindex="0" role="img" aria-label="{label}" ', 1)
        kind = "chart wide" if wide else "chart"
        return (
            f'<figure class="{kind}" data-chart="{len(self.data) - 1}"><figcaption>{escape(title)}</figcaption>'
            f'<div class="scroll">{svg}</div><output class="readout" aria-live="polite">{escape(_last(data))}</output>'
            "</figure>"
        )


def _last(data: Mapping[str, Json]) -> str:
    """What a chart reads out before anybody asks: its last values, where they are few."""
    series = data.get("series", ())
    if not series or len(series) > 8:
        return "" if not series else f"{len(series)} curves; point at one, or take the arrow keys"
    last = max(one["x"][-1] for one in series)
    ends = [(one["name"], one["y"][-1]) for one in series if one["x"][-1] == last and one["y"][-1] is not None]
    return "  ·  ".join([f"{data['x']} {last}", *(f"{name} {value:.5g}" for name, value in ends)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]], best: int | None = None, caption: str = "") -> str:
    """Numbers to the right, the first column to the left; wide ones scroll in themselves."""
    lines = ["".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)]
    body = []
    for i, row in enumerate(rows):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        body.append(f'<tr class="best">{cells}</tr>' if i == best else f"<tr>{cells}</tr>")
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    kind = "scroll long" if len(rows) > 30 else "scroll"
    return (
        f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(caption or "table", quote=True)}">'
        f"<table>{said}<thead><tr>{lines[0]}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def legend(names: Sequence[str], best: int, many: bool, parts: bool) -> str:
    """What the colours and the dashes mean."""
    if many:
        items = [("kbest", f"{names[best]}, the best"), ("krest", f"{len(names) - 1} others")]
    else:
        items = [(f"k{i}", name) for i, name in enumerate(names)] if len(names) > 1 else []
        if parts:
            items += [("solid", "validation"), ("dash", "train")]
    entries = "".join(f'<li><i class="{kind}"></i>{escape(name)}</li>' for kind, name in items)
    return f'<ul class="legend">{entries}</ul>' if entries else ""


def confusion(found: Findings) -> str:
    """A row a true class, a column a decided one."""
    counts = found.confusion
    if counts is None:
        return ""
    right = max(1, int(counts.diagonal().max()))
    off = max(1, int((counts - counts * (counts == counts.diagonal()[:, None])).max())) if len(counts) > 1 else 1
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in found.labels)
    rows = []
    for i, label in enumerate(found.labels):
        cells = []
        for j, count in enumerate(counts[i].tolist()):
            share = round(100 * count / (right if i == j else off) * (1.0 if i == j else 0.85))
            kinds = ["right" if i == j else "off", *(["deep"] if share > 55 else []), *(["none"] if not count else [])]
            cells.append(f'<td class="{" ".join(kinds)}" style="--share:{min(share, 100)}%">{count}</td>')
        rows.append(f'<tr><th scope="row">{escape(label)}</th>{"".join(cells)}</tr>')
    caption = f"Rows: what it is. Columns: what the network says. {found.part}, {found.examples:,} examples."
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="confusion matrix"><table class="confusion">'
        f"<caption>{escape(caption)}</caption><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        "</table></div>"
    )


def wrongs(found: Findings) -> str:
    """The worst examples, as pictures or as rows."""
    if not found.wrong:
        return ""
    regression = bool(found.truth)
    title = "Largest errors" if regression else "Most wrong"
    if found.wrong[0].picture is None:
        amount = "error" if regression else "loss"
        head = ["example", "is", "said", amount, *(name for name, _ in found.wrong[0].row)]
        rows = [
            [str(w.number), w.truth, w.said, f"{w.amount:.3g}", *(value for _, value in w.row)] for w in found.wrong
        ]
        return f"<h3>{title}</h3>{table(head, rows, caption=f'examples of the {found.part} part, by number from 0')}"
    items = "".join(map(_picture, found.wrong))
    return f'<h3>{title}</h3><ul class="wrongs">{items}</ul>'


def _picture(wrong: Wrong) -> str:
    assert wrong.picture is not None
    source = pixels.data_uri(pixels.from_image(wrong.picture))
    about = escape(f"is {wrong.truth}, said {wrong.said}")
    return (
        f'<li><img src="{source}" alt="example {wrong.number}: {about}"><div>is <b>{escape(wrong.truth)}</b><br>'
        f"said {escape(wrong.said)}</div></li>"
    )


def weights(found: Findings) -> str:
    """The first matrix: a tile a unit or filter, or the whole as one picture."""
    values = found.weights
    if values is None:
        return ""
    if values.ndim == 2:
        turned = values.T if values.shape[0] > values.shape[1] else values
        rows, columns = ("inputs", "units") if turned is not values else ("units", "inputs")
        image = pixels.signed(turned)
        about = f"{turned.shape[0]} rows ({rows}) by {turned.shape[1]} columns ({columns}): blue below 0, red above"
    elif values.shape[1] == 3:
        largest = abs(values).max(axis=(1, 2, 3), keepdims=True) + 1e-12
        image = pixels.grid(values / largest / 2 + 0.5)
        about = f"{len(values)} filters in colour, each from its lowest to its highest weight"
    else:
        image = pixels.signed_grid(values[:, 0])
        about = f"{len(values)} tiles, one a unit or filter and channel: blue below 0, red above"
    name = escape(found.weights_name)
    height, width = image.shape[:2]
    width *= max(1, round(min(420 / width, 420 / height)))
    return (
        f'<h3>First weights: {name}</h3><p class="soft">{escape(about)}</p>'
        f'<img class="tiles" width="{width}" src="{pixels.data_uri(image)}" alt="{name}: {escape(about)}">'
    )


def samples(files: Sequence[Path]) -> str:
    """What the run drew as it went."""
    items, room = [], SAMPLE_BYTES
    for file in files:
        content = file.read_bytes()
        name = escape(re.sub(r"\b0+(?=\d)", "", file.stem.replace("_", " ")))
        if file.suffix == ".txt":
            text = content.decode("utf-8", "replace")
            text = text if len(text) <= _TEXT else text[:_TEXT] + " …"
            items.append(f"<figure><figcaption>{name}</figcaption><pre>{escape(text)}</pre></figure>")
        elif content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) <= room:
            room -= len(content)
            source = pixels.as_uri(content)
            items.append(f'<figure><figcaption>{name}</figcaption><img src="{source}" alt="{name}"></figure>')
    return f'<h3>Samples over time</h3><div class="samples">{"".join(items)}</div>' if items else ""


def texts(found: Findings) -> str:
    """What the best checkpoint writes."""
    items = "".join(f"<figure><pre>{escape(text)}</pre></figure>" for text in found.texts)
    return f'<h3>It writes</h3><div class="samples">{items}</div>' if items else ""


def repeat(run: Run) -> str:
    """Config, environment and the command that does it again."""
    meta = run.read_meta()
    command = f"nntrain fit {shlex.quote(str(run.config_path))}"
    facts = {key: value for key, value in meta.items() if key not in ("command", "directory")}
    given = meta.get("command")
    started = shlex.join(["nntrain", *map(str, given[1:])]) if isinstance(given, list) and given else ""
    entries = "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(word(v))}</dd>" for k, v in facts.items() if v is not None)
    try:
        config = run.read_config()
    except NNTrainError as error:  # the report has what there is
        config = str(error)
    parts = [f"<p>This command trains it again:</p><pre>{escape(command)}</pre>"]
    if started:
        parts.append(f'<p class="soft">It was started with:</p><pre>{escape(started)}</pre>')
    parts.append(f"<details><summary>Config</summary><pre>{escape(config)}</pre></details>")
    parts.append(f"<details><summary>Environment</summary><dl>{entries}</dl></details>")
    return "".join(parts)


def values(keys: Sequence[str], found: Mapping[str, float]) -> list[str]:
    """Cells of a run in the overview."""
    return [f"{found[key]:.5g}" if key in found else "" for key in keys]
