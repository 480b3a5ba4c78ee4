"""Curves without a page: one SVG, or a PNG through Matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from html import escape
from math import ceil
from typing import Any

from nntrain.errors import ConfigError
from nntrain.report import charts
from nntrain.report.history import Series

_COLUMNS = 2
_LIGHT = ("#1d5fd1", "#c2410c", "#0f766e", "#a21caf", "#8a6100", "#475569")
_DARK = ("#6ea8ff", "#fb923c", "#2dd4bf", "#e879f9", "#facc15", "#a8b3c2")
_INK, _SOFT, _LINE, _PAPER = ("#1c2430", "#e6eaf0"), ("#5b6675", "#9aa6b6"), ("#dde2e9", "#2c3541"), ("#fff", "#11161d")


def svg(drawn: Mapping[str, Sequence[Series]], names: Sequence[str], x_name: str) -> str:
    """All charts in one file of their own, light or dark as the reader's system is."""
    width, height, title, foot = charts.WIDTH + 20, charts.HEIGHT + 34, 20, 22 * ceil(len(names) / 2) + 12
    rows = ceil(len(drawn) / _COLUMNS)
    body = []
    for i, (metric, series) in enumerate(drawn.items()):
        inner, _ = charts.lines(series, names, x_name, best=0)
        left, top = i % _COLUMNS * width, i // _COLUMNS * height
        inner = inner.replace("<svg ", f'<svg x="{left}" y="{top + title}" ', 1)
        body.append(f'<text class="title" x="{left + 10}" y="{top + 14}">{escape(metric)}</text>{inner}')
    many = len(names) > charts.COLOURS
    for i, name in enumerate(names[:1] if many else names):
        left, top = i % 2 * width + 10, rows * height + 14 + i // 2 * 22
        kind = "best" if many else f"c{i}"
        said = f"{name}, and {len(names) - 1} others" if many else name
        body.append(
            f'<path class="line {kind}" d="M{left} {top - 4}h24"/><text x="{left + 30}" y="{top}">{escape(said)}</text>'
        )
    whole = (min(len(drawn), _COLUMNS) * width, rows * height + foot)
    paper = f'<rect class="paper" width="{whole[0]}" height="{whole[1]}"/>'
    return charts.svg(paper + "".join(body), *whole, standalone=_style()) + "\n"


def _style() -> str:
    def colours(i: int) -> str:
        lines = "".join(f".c{n}{{stroke:{c}}}" for n, c in enumerate((_LIGHT, _DARK)[i]))
        return (
            f"{lines}.best{{stroke:{(_LIGHT, _DARK)[i][1]}}}.rest{{stroke:{_LINE[1 - i]};stroke-opacity:.5}}"
            f".paper{{fill:{_PAPER[i]}}}text{{fill:{_SOFT[i]}}}.name,.title{{fill:{_INK[i]}}}"
            f".grid{{stroke:{_LINE[i]}}}.axis{{stroke:{_SOFT[i]}}}"
        )

    return (
        "text{font:11px system-ui,sans-serif}.title{font-weight:600;font-size:13px}path{fill:none}"
        ".line{stroke-width:1.8}.dashed{stroke-dasharray:5 3;stroke-width:1.3}"
        f"{colours(0)}@media (prefers-color-scheme:dark){{{colours(1)}}}"
    )


def png(drawn: Mapping[str, Sequence[Series]], names: Sequence[str], x_name: str) -> bytes:
    """The same as PNG.  Raises ConfigError without Matplotlib."""
    try:
        import matplotlib
    except ImportError:
        raise ConfigError("plot: a PNG needs Matplotlib: pip install 'nntrain[plot]'; or write an .svg") from None
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    rows = ceil(len(drawn) / _COLUMNS)
    figure = Figure(figsize=(5 * min(len(drawn), _COLUMNS), 3.2 * rows), layout="constrained")
    for i, (metric, series) in enumerate(drawn.items()):
        axes: Any = figure.add_subplot(rows, min(len(drawn), _COLUMNS), i + 1)
        for one in series:
            y = [float("nan") if value is None else value for value in one.y]
            label = f"{names[one.run]} {one.part}" if len(names) > 1 else one.part
            style = "--" if one.part == "train" and len({s.part for s in series}) > 1 else "-"
            axes.plot(one.x, y, style, color=_LIGHT[one.run % len(_LIGHT)], label=label)
        axes.set_title(metric)
        axes.set_xlabel(x_name)
        axes.grid(alpha=0.3)
        if len(series) <= 8:
            axes.legend(fontsize="small")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": None})
    return content.getvalue()


def chosen(drawn: Mapping[str, Sequence[Series]], metrics: Sequence[str]) -> dict[str, Sequence[Series]]:
    """The charts of these metrics, or all.  Raises ConfigError for one that no run has."""
    for metric in metrics:
        if metric not in drawn:
            raise ConfigError(f"--metric {metric}: no run has it; there are {', '.join(drawn)}")
    return {name: series for name, series in drawn.items() if not metrics or name in metrics}
