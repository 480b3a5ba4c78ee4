"""Curves without a page: one SVG, or a PNG through Matplotlib."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from nntrain.errors import ConfigError
from nntrain.messages import in_html
from nntrain.report import charts
from nntrain.report.history import Series

_COLUMNS = 2
_LIGHT = ("#1d5fd1", "#c2410c", "#0f766e", "#a21caf", "#8a6100", "#475569")
_DARK = ("#6ea8ff", "#fb923c", "#2dd4bf", "#e879f9", "#facc15", "#a8b3c2")
_INK, _SOFT, _LINE, _PAPER = ("#1c2430", "#e6eaf0"), ("#5b6675", "#9aa6b6"), ("#dde2e9", "#2c3541"), ("#fff", "#11161d")

_REST = ("#c3cad4", "#3a4654")


@dataclass(frozen=True)
class Plot:
    """Charts of runs.

    drawn    metric -> its curves
    names    of the runs, by number
    x_name   epoch or step
    best     numbers of the best runs, one a task
    marked   the place of each run's best checkpoint
    """

    drawn: Mapping[str, Sequence[Series]]
    names: Sequence[str]
    x_name: str
    best: Collection[int] = ()
    marked: Mapping[int, float] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether only the best have a colour of their own."""
        return len(self.names) > charts.COLOURS

    def legend(self) -> list[tuple[str, str]]:
        """Class and meaning of every colour, dash and ring."""
        if self.many:
            named = [("line best", f"{self.names[i]}, the best") for i in sorted(self.best)]
            items = [*named, ("line rest", f"{len(self.names) - len(named)} others")]
        else:
            alone = len(self.names) == 1
            items = [
                (f"line c{i}", f"{name}, the best" if i in self.best and not alone else name)
                for i, name in enumerate(self.names)
            ]
        parts = {one.part for series in self.drawn.values() for one in series}
        if {"train", "validation"} <= parts and not self.many:
            items += [("line solid", "validation"), ("line solid dashed", "train")]
        return [*items, ("mark solid", f"best {self.x_name}")] if self.marked else items


def svg(plot: Plot) -> str:
    """All charts in one file of their own, light or dark as the reader's system is."""
    width, height, title = charts.WIDTH + 20, charts.HEIGHT + 34, 20
    rows, columns = ceil(len(plot.drawn) / _COLUMNS), min(len(plot.drawn), _COLUMNS)
    body = []
    for i, (metric, series) in enumerate(plot.drawn.items()):
        inner, _ = charts.lines(series, plot.names, plot.x_name, plot.best, plot.marked)
        left, top = i % _COLUMNS * width, i // _COLUMNS * height
        inner = inner.replace("<svg ", f'<svg x="{left}" y="{top + title}" ', 1)
        body.append(f'<text class="title" x="{left + 10}" y="{top + 14}">{in_html(metric)}</text>{inner}')
    legend = plot.legend()
    for i, (kind, said) in enumerate(legend):
        left, top = i % columns * width + 10, rows * height + 14 + i // columns * 22
        sign = f'<path class="{kind}" d="M{left} {top - 4}h24"/>'
        if kind.startswith("mark"):
            sign = f'<circle class="{kind}" cx="{left + 12}" cy="{top - 4}" r="4.5"/>'
        body.append(f'{sign}<text class="legend" x="{left + 30}" y="{top}">{in_html(said)}</text>')
    whole = (columns * width, rows * height + 22 * ceil(len(legend) / columns) + 12)
    paper = f'<rect class="paper" width="{whole[0]}" height="{whole[1]}"/>'
    return charts.svg(paper + "".join(body), *whole, standalone=_style()) + "\n"


def _style() -> str:
    def colours(i: int) -> str:
        lines = "".join(f".c{n}{{stroke:{c};color:{c}}}" for n, c in enumerate((_LIGHT, _DARK)[i]))
        best = (_LIGHT, _DARK)[i][1]
        return (
            f"{lines}.best{{stroke:{best};color:{best}}}.rest{{stroke:{_REST[i]};color:{_REST[i]}}}"
            f".solid{{stroke:{_SOFT[i]}}}.paper,.mark{{fill:{_PAPER[i]}}}text{{fill:{_SOFT[i]}}}"
            f".name,.title,.legend{{fill:{_INK[i]}}}.grid{{stroke:{_LINE[i]}}}.axis{{stroke:{_SOFT[i]}}}"
        )

    return (
        "text{font:11px system-ui,sans-serif}.title{font-weight:600;font-size:13px}path{fill:none}"
        ".line{stroke-width:1.8}.dashed{stroke-dasharray:5 3;stroke-width:1.3}.mark{stroke-width:2}"
        f".dot{{fill:currentColor}}{colours(0)}@media (prefers-color-scheme:dark){{{colours(1)}}}"
    )


def png(plot: Plot) -> bytes:
    """The same as PNG.  Raises ConfigError without Matplotlib."""
    try:
        import matplotlib
    except ImportError:
        raise ConfigError("plot: a PNG needs Matplotlib: pip install 'nntrain[plot]'; or write an .svg") from None
    matplotlib.use("agg")
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    rows, columns = ceil(len(plot.drawn) / _COLUMNS), min(len(plot.drawn), _COLUMNS)
    figure = Figure(figsize=(5 * columns, 3.2 * rows + 0.6), layout="constrained")
    for i, (metric, series) in enumerate(plot.drawn.items()):
        axes: Any = figure.add_subplot(rows, columns, i + 1)
        series = charts.in_order(series, plot.best)
        for one in series:
            _plot_one(axes, plot, one, alone=len({s.part for s in series}) == 1)
        axes.set_title(metric)
        axes.set_xlabel(plot.x_name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    figure.legend(handles=_handles(plot), loc="outside lower center", ncols=3, fontsize="small")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=120, metadata={"Software": None})
    return content.getvalue()


def _plot_one(axes: Any, plot: Plot, one: Series, alone: bool) -> None:
    best, dashed = one.run in plot.best, one.part == "train" and not alone
    colour = (_LIGHT[1] if best else _REST[0]) if plot.many else _LIGHT[one.run % len(_LIGHT)]
    y = [float("nan") if value is None else value for value in one.y]
    dot = "o" if sum(value == value for value in y) == 1 else None
    axes.plot(one.x, y, "--" if dashed else "-", color=colour, marker=dot)
    at = plot.marked.get(one.run) if best or not plot.many else None
    if at in one.x and charts.has_ring(one, alone):
        axes.plot([at], [y[one.x.index(at)]], "o", markerfacecolor="white", color=colour)


def _handles(plot: Plot) -> list[Any]:
    from matplotlib.lines import Line2D

    made = []
    for kind, said in plot.legend():
        number = int(kind[-1]) if kind[-1].isdigit() else None
        colour = _LIGHT[number] if number is not None else {"best": _LIGHT[1], "rest": _REST[0]}.get(kind[5:], _SOFT[0])
        ring = kind.startswith("mark")
        style = "" if ring else "--" if kind.endswith("dashed") else "-"
        made.append(
            Line2D([], [], color=colour, linestyle=style, marker="o" if ring else None, mfc="white", label=said)
        )
    return made


def chosen(drawn: Mapping[str, Sequence[Series]], metrics: Sequence[str]) -> dict[str, Sequence[Series]]:
    """The charts of these metrics, or all.  Raises ConfigError for one that no run has."""
    for metric in metrics:
        if metric not in drawn:
            raise ConfigError(f"--metric {metric}: no run has it; there are {', '.join(drawn)}")
    return {name: series for name, series in drawn.items() if not metrics or name in metrics}
