"""Charts as SVG.  Colours are classes, which the page's style sheet fills for light and for dark.

Every chart also has its numbers as JSON beside it: the page's script reads them out at the pointer or the arrow keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isfinite

from nntrain.files.plain_values import Json, JsonObject
from nntrain.report.axes import Categories, Scale, scale_of, short, word
from nntrain.report.history import Series

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 34
COLOURS = 6


def lines(
    series: Sequence[Series], names: Sequence[str], x_name: str, best: int, standalone: str = ""
) -> tuple[str, JsonObject]:
    """Curves; of few runs each has a colour, of many the best alone.  Train is dashed, validation solid."""
    many = len({one.run for one in series}) > COLOURS
    if many and any(one.part == "validation" for one in series):
        series = [one for one in series if one.part == "validation"]
    alone = len({one.part for one in series}) == 1
    series = sorted(series, key=lambda one: one.run == best)  # the best lies on top
    x = Scale([value for one in series for value in one.x], logarithmic=False)
    y = Scale([value for one in series for value in one.y])
    body = [_frame(x, y, x_name, whole=True)]
    told = []
    for one in series:
        kind = ("best" if one.run == best else "rest") if many else f"c{one.run % COLOURS}"
        dashed = " dashed" if one.part in ("train", "naive", "naive_season") and not alone else ""
        body.append(_path(one, x, y, f"line {kind}{dashed}"))
        label = f"{names[one.run]} {one.part}" if len(names) > 1 else one.part
        told.append({"name": label, "class": kind, "dashed": bool(dashed), "x": one.x, "y": one.y})
    data = {"kind": "lines", "x": x_name, "series": told, "xs": _as_json(x), "ys": _as_json(y)}
    return svg("".join(body), standalone=standalone), data


def points(
    xs: Sequence[Json],
    ys: Sequence[float],
    labels: Sequence[str],
    x_name: str,
    y_name: str,
    best: int | None = None,
    diagonal: bool = False,
) -> tuple[str, JsonObject]:
    """A point a run or example."""
    x: Scale | Categories = scale_of(xs)
    y = Scale(ys)
    if diagonal and isinstance(x, Scale):
        x = y = Scale([*xs, *ys], logarithmic=False)
    body = [_frame(x, y, x_name)]
    if diagonal:
        body.append(f'<path class="guide" d="M{LEFT} {HEIGHT - BOTTOM}L{WIDTH - RIGHT} {TOP}"/>')
    order = sorted(range(len(xs)), key=lambda i: i == best)
    places = [(_left(x(xs[i])), _top(y(ys[i]))) for i in range(len(xs))]
    for i in order:
        kind = "best" if i == best else "point"
        body.append(f'<circle class="{kind}" cx="{places[i][0]}" cy="{places[i][1]}" r="{4.5 if i == best else 3}"/>')
    told = [
        {"px": px, "py": py, "text": f"{label}: {x_name} {word(xv)}, {y_name} {short(yv)}"}
        for (px, py), label, xv, yv in zip(places, labels, xs, ys, strict=True)
    ]
    return svg("".join(body)), {"kind": "points", "points": told}


def parallel(axes: Mapping[str, Sequence[Json]], labels: Sequence[str], order: Sequence[int]) -> tuple[str, JsonObject]:
    """Parallel coordinates: a line a run across an axis a hyperparameter, the metric last; `order` is best first."""
    margin = 70
    width = max(WIDTH, 150 * (len(axes) - 1) + 2 * margin)
    height, top, bottom = 280, 34, 12
    lefts = [margin + i * (width - 2 * margin) / max(1, len(axes) - 1) for i in range(len(axes))]
    scales = {key: scale_of(values) for key, values in axes.items()}
    body, told = [], []

    def at(scale: Scale | Categories, value: Json) -> float:
        return round(height - bottom - scale(value) * (height - top - bottom), 1)

    steps = 5
    for rank, i in reversed(list(enumerate(order))):
        spots = [(round(left, 1), at(scales[k], v[i])) for left, (k, v) in zip(lefts, axes.items(), strict=True)]
        path = "M" + "L".join(f"{px} {py}" for px, py in spots)
        shade = "best" if rank == 0 else f"s{min(steps - 1, rank * steps // len(order))}"
        text = f"{labels[i]}: " + ", ".join(f"{k} {word(v[i])}" for k, v in axes.items())
        body.append(f'<path class="line {shade}" d="{path}"/>')
        told.append({"spots": spots, "text": text})
    for left, (key, scale) in zip(lefts, scales.items(), strict=True):
        body.append(f'<path class="axis" d="M{left:.1f} {top}V{height - bottom}"/>')
        body.append(f'<text class="name" x="{left:.1f}" y="14" text-anchor="middle">{escape(_tail(key))}</text>')
        if isinstance(scale, Categories):
            marks = [(w, (i + 0.5) / len(scale.words)) for i, w in enumerate(scale.words)]
        else:
            marks = [(short(t), scale(t)) for t in scale.ticks(6)]
        for text, share in marks:
            y = height - bottom - share * (height - top - bottom)
            body.append(f'<text class="tick halo" x="{left + 5:.1f}" y="{y + 4:.1f}">{escape(text[:14])}</text>')
    return svg("".join(body), width, height), {"kind": "parallel", "lines": told}


def svg(body: str, width: int = WIDTH, height: int = HEIGHT, standalone: str = "") -> str:
    """The element; with `standalone` as the style sheet of a file of its own."""
    extra = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    style = f"<style>{standalone}</style>" if standalone else ""
    return f'<svg{extra} viewBox="0 0 {width} {height}" width="{width}" height="{height}">{style}{body}</svg>'


def _left(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _top(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _frame(x: Scale | Categories, y: Scale, x_name: str, whole: bool = False) -> str:
    parts = []
    for tick in y.ticks():
        top = _top(y(tick))
        parts.append(f'<path class="grid" d="M{LEFT} {top}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 5}" y="{top + 4}" text-anchor="end">{short(tick)}</text>')
    if isinstance(x, Categories):
        marks = [(w, (i + 0.5) / len(x.words)) for i, w in enumerate(x.words)]
    else:
        marks = [(short(t), x(t)) for t in x.ticks(4, least=1 if whole else 0)]
    for text, share in marks:
        anchor = "end" if share > 0.95 else "middle"
        parts.append(
            f'<text class="tick" x="{_left(share)}" y="{HEIGHT - BOTTOM + 14}" text-anchor="{anchor}">'
            f"{escape(text[:16])}</text>"
        )
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(f'<text class="name" x="{middle}" y="{HEIGHT - 5}" text-anchor="middle">{escape(x_name)}</text>')
    parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    return "".join(parts)


def _path(one: Series, x: Scale, y: Scale, kind: str) -> str:
    """A gap where there is no value; a lone value is a dot."""
    pieces: list[list[str]] = [[]]
    for xv, yv in zip(one.x, one.y, strict=True):
        if yv is not None and isfinite(yv):
            pieces[-1].append(f"{_left(x(xv))} {_top(y(yv))}")
        elif pieces[-1]:
            pieces.append([])
    d = "".join("M" + "L".join(piece if len(piece) > 1 else piece * 2) for piece in pieces if piece)
    return f'<path class="{kind}" d="{d}"/>'


def _as_json(scale: Scale) -> JsonObject:
    return {"low": scale.low, "high": scale.high, "log": scale.logarithmic}


def _tail(key: str) -> str:
    """The end of a long key: what stands at its front is seldom what differs."""
    return key if len(key) <= 24 else "…" + key[-23:]
