"""Charts as SVG.  Colours are classes, which the page's style sheet fills for light and for dark.

Every chart also has its numbers as JSON beside it: the page's scripts read them out at the pointer or the arrow keys,
and draw curves again where somebody wants them smooth or on a logarithmic scale.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite

from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import in_html
from nntrain.report.axes import Categories, Scale, scale_of, short, word
from nntrain.report.history import Series

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 34
COLOURS = 6
_FEW_TRIED, _ROOM = 8, 30  # values that have a tick each; pixels between two of them
_DASHED = ("train", "naive", "naive_season")

Drawn = tuple[str, JsonObject]  # the SVG, and what the page's scripts know of it


def lines(
    series: Sequence[Series],
    names: Sequence[str],
    x_name: str,
    best: Collection[int] = (),
    marked: Mapping[int, float] | None = None,
) -> Drawn:
    """Curves; of few runs each has a colour, of many the best alone.  Train is dashed, validation solid.

    names    of the runs, by number
    best     numbers of the best runs: they lie on top
    marked   the place of each run's best checkpoint: a ring on its curves there
    """
    many = len({one.run for one in series}) > COLOURS
    series = in_order(series, best)
    alone = len({one.part for one in series}) == 1
    x = Scale([value for one in series for value in one.x], logarithmic=False)
    y = Scale([value for one in series for value in one.y])
    body, told = [frame(x, y, x_name, whole=True)], []
    for one in series:
        kind = ("best" if one.run in best else "rest") if many else f"c{one.run % COLOURS}"
        dashed = " dashed" if one.part in _DASHED and not alone else ""
        mark = (marked or {}).get(one.run) if has_ring(one, alone) and (not many or one.run in best) else None
        body.append(_curve(one, x, y, f"{kind}{dashed}", mark))
        label = f"{names[one.run]} {one.part}" if len(names) > 1 else one.part
        told.append({"name": label, "x": one.x, "y": one.y, "mark": mark})
    if len({value for one in series for value in one.x}) == 1 and 1 < len(series) <= COLOURS:
        body.append(_names_of_dots([str(one["name"]) for one in told], series, x, y))
    data = {"kind": "lines", "x": x_name, "series": told, "xs": _as_json(x), "ys": _as_json(y)}
    return svg("".join(body)), data


def in_order(series: Sequence[Series], best: Collection[int]) -> list[Series]:
    """What is drawn, the best last: of many runs the validation part alone, where there is one."""
    if len({one.run for one in series}) > COLOURS and any(one.part == "validation" for one in series):
        series = [one for one in series if one.part == "validation"]
    return sorted(series, key=lambda one: one.run in best)


def has_ring(one: Series, alone: bool) -> bool:
    """Whether a curve is marked at the best epoch: one of measures, of the training part where it stands alone."""
    return one.part == "validation" or (one.part == "train" and alone)


def points(
    xs: Sequence[Json],
    ys: Sequence[float],
    labels: Sequence[str],
    x_name: str,
    y_name: str,
    best: int | None = None,
    diagonal: bool = False,
) -> Drawn:
    """A point a run or example."""
    x: Scale | Categories = scale_of(xs)
    y = Scale(ys)
    if diagonal and isinstance(x, Scale):
        x = y = Scale([*xs, *ys], logarithmic=False)
    body = [frame(x, y, x_name, tried=() if diagonal else tuple(v for v in xs if isinstance(v, int | float)))]
    if diagonal:
        body.append(f'<path class="guide" d="M{LEFT} {HEIGHT - BOTTOM}L{WIDTH - RIGHT} {TOP}"/>')
    order = sorted(range(len(xs)), key=lambda i: i == best)
    places = [(left(x(xs[i])), top(y(ys[i]))) for i in range(len(xs))]
    for i in order:
        kind = "best" if i == best else "point"
        body.append(f'<circle class="{kind}" cx="{places[i][0]}" cy="{places[i][1]}" r="{4.5 if i == best else 3}"/>')
    told = [
        {"px": px, "py": py, "text": f"{label}: {x_name} {word(xv)}, {y_name} {short(yv)}"}
        for (px, py), label, xv, yv in zip(places, labels, xs, ys, strict=True)
    ]
    return svg("".join(body)), {"kind": "points", "points": told}


def svg(body: str, width: int = WIDTH, height: int = HEIGHT, standalone: str = "") -> str:
    """The element; with `standalone` as the style sheet of a file of its own."""
    extra = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    style = f"<style>{standalone}</style>" if standalone else ""
    return f'<svg{extra} viewBox="0 0 {width} {height}" width="{width}" height="{height}">{style}{body}</svg>'


def left(share: float) -> float:
    """The place of 0 … 1 across the chart."""
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def top(share: float) -> float:
    """The place of 0 … 1 up the chart."""
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def frame(x: Scale | Categories, y: Scale, x_name: str, whole: bool = False, tried: Collection[float] = ()) -> str:
    """Axes with their ticks, and the name of the level one; what belongs to the other may be drawn again.

    tried   the values along the level axis: where they are few, each has its tick
    """
    parts = ['<g class="rows">']
    for tick in y.ticks():
        parts.append(f'<path class="grid" d="M{LEFT} {top(y(tick))}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 5}" y="{top(y(tick)) + 4}" text-anchor="end">{short(tick)}</text>')
    parts.append("</g>")
    if isinstance(x, Categories):
        marks = [(w, (i + 0.5) / len(x.words)) for i, w in enumerate(x.words)]
    else:
        few = sorted(set(tried)) if len(set(tried)) <= _FEW_TRIED else []
        marks = [(short(t), x(t)) for t in few or x.ticks(4, least=1 if whole else 0)]
    if tried:
        marks = _apart(marks)
    for text, share in marks:
        anchor = "end" if share > 0.95 else "middle"
        parts.append(
            f'<text class="tick" x="{left(share)}" y="{HEIGHT - BOTTOM + 14}" text-anchor="{anchor}">'
            f"{in_html(text[:16])}</text>"
        )
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    parts.append(f'<text class="name" x="{middle}" y="{HEIGHT - 5}" text-anchor="middle">{in_html(x_name)}</text>')
    parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    return "".join(parts)


def _apart(marks: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Those that leave each other room; the ends come first."""
    kept: list[tuple[str, float]] = []
    for mark in sorted(marks, key=lambda mark: mark[1] not in (0.0, 1.0)):
        if all(abs(mark[1] - other[1]) * (WIDTH - LEFT - RIGHT) >= _ROOM for other in kept):
            kept.append(mark)
    return kept


def _names_of_dots(names: Sequence[str], series: Sequence[Series], x: Scale, y: Scale) -> str:
    """Of curves of one value each, dots above each other: their names beside them, where there is room."""
    placed: list[float] = []
    found = []
    for name, one in sorted(zip(names, series, strict=True), key=lambda pair: pair[1].part != "validation"):
        if (value := one.y[0]) is None or not isfinite(value):
            continue
        at = top(y(value))
        if all(abs(at - other) >= 11 for other in placed):
            placed.append(at)
            found.append(f'<text class="name halo" x="{left(x(one.x[0])) + 10}" y="{at + 4}">{in_html(name)}</text>')
    return "".join(found)


def _curve(one: Series, x: Scale, y: Scale, kind: str, mark: float | None) -> str:
    """A gap where there is no value; a dot for a value alone; a ring where the best checkpoint stands."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for xv, yv in zip(one.x, one.y, strict=True):
        if yv is not None and isfinite(yv):
            pieces[-1].append((left(x(xv)), top(y(yv))))
        elif pieces[-1]:
            pieces.append([])
    d = "".join("M" + "L".join(f"{px} {py}" for px, py in piece) for piece in pieces if len(piece) > 1)
    drawn = [f'<path class="line {kind}" d="{d}"/>']
    drawn += [f'<circle class="dot {kind}" cx="{p[0][0]}" cy="{p[0][1]}" r="3.5"/>' for p in pieces if len(p) == 1]
    at = one.y[one.x.index(mark)] if mark in one.x else None
    if mark is not None and at is not None and isfinite(at):
        drawn.append(f'<circle class="mark {kind}" cx="{left(x(mark))}" cy="{top(y(at))}" r="4.5"/>')
    return f'<g class="curve">{"".join(drawn)}</g>'


def _as_json(scale: Scale) -> JsonObject:
    return {"low": scale.low, "high": scale.high, "log": scale.logarithmic}
