"""Parallel coordinates: an axis a hyperparameter, a line a run (Inselberg 1985).

They are drawn twice, with upright axes for wide windows and with level ones, below each other, for narrow ones; the
style sheet shows one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import in_html
from nntrain.report.axes import Categories, Scale, scale_of, short, word
from nntrain.report.charts import svg

_SHADES = 5
_MOST_TRIED = 12  # different numbers that are all marked
_APART = {"upright": 13, "level": 34}  # pixels between two marks


def parallel(axes: Mapping[str, Sequence[Json]], labels: Sequence[str], runs: Sequence[int]) -> tuple[str, JsonObject]:
    """Runs, the best first, with a value on every axis, the metric last; `runs`: their numbers in the overview."""
    scales = {key: scale_of(values) for key, values in axes.items()}
    told = [
        {"text": f"{label}: " + ", ".join(f"{key} {word(values[i])}" for key, values in axes.items()), "run": runs[i]}
        for i, label in enumerate(labels)
    ]
    upright, spots = _drawn(axes, scales, len(labels), "upright")
    level, spots_level = _drawn(axes, scales, len(labels), "level")
    data = {"kind": "parallel", "lines": told, "upright": spots, "level": spots_level}
    return upright + level, data


def _drawn(
    axes: Mapping[str, Sequence[Json]], scales: Mapping[str, Scale | Categories], count: int, way: str
) -> tuple[str, JsonObject]:
    """The SVG, and the places of the axes and of each line on them."""
    upright = way == "upright"
    margin, length = (80, 236) if upright else (34, 320)
    step = max(76, min(150, 920 // max(1, len(axes) - 1))) if upright else 58
    start = 32 if upright else 16
    across = [margin + i * step for i in range(len(axes))]
    size = (across[-1] + margin, start + length + 14)
    spots = []
    for i in range(count):
        shares = [scales[key](values[i]) for key, values in axes.items()]
        along = [start + (1 - s if upright else s) * length for s in shares]
        spots.append([round(a, 1) for a in along])
    body = []
    for rank in reversed(range(count)):
        path = "M" + "L".join(_point(c, a, upright) for c, a in zip(across, spots[rank], strict=True))
        shade = "best" if rank == 0 else f"s{min(_SHADES - 1, rank * _SHADES // count)}"
        body.append(f'<path class="line {shade}" data-line="{rank}" d="{path}"/>')
    for c, (key, scale) in zip(across, scales.items(), strict=True):
        body.append(_axis(_tail(key, step // 6 if upright else 44), c, _marks(scale, axes[key]), start, length, way))
    width, height = size if upright else (start * 2 + length, across[-1] + 30)
    drawn = svg("".join(body), width, height).replace(
        "<svg ", f'<svg class="{way}" style="max-width:{1.3 * width:.0f}px" ', 1
    )
    return drawn, {"across": across, "along": spots, "from": start, "to": start + length}


def _axis(name: str, c: float, marks: list[tuple[str, float]], start: int, length: int, way: str) -> str:
    upright, name = way == "upright", in_html(name)
    parts = []
    if upright:
        parts.append(f'<path class="axis" d="M{c} {start}V{start + length}"/>')
        parts.append(f'<text class="name" x="{c}" y="14" text-anchor="middle">{name}</text>')
    else:
        parts.append(f'<path class="axis" d="M{start} {c}H{start + length}"/>')
        parts.append(f'<text class="name halo" x="{start}" y="{c - 9}">{name}</text>')
    placed: list[float] = []
    for text, share in sorted(marks, key=lambda mark: mark[1] not in (0.0, 1.0)):  # the ends come first
        at = start + (1 - share if upright else share) * length
        if any(abs(at - other) < _APART[way] for other in placed):
            continue
        placed.append(at)
        words = in_html(text[:14])
        if upright:
            parts.append(f'<path class="axis" d="M{c - 3} {at:.1f}h6"/>')
            parts.append(f'<text class="tick halo" x="{c + 6}" y="{at + 4:.1f}">{words}</text>')
        else:
            anchor = "start" if share < 0.06 else "end" if share > 0.94 else "middle"
            parts.append(f'<path class="axis" d="M{at:.1f} {c - 3}v6"/>')
            parts.append(f'<text class="tick halo" x="{at:.1f}" y="{c + 15}" text-anchor="{anchor}">{words}</text>')
    return "".join(parts)


def _marks(scale: Scale | Categories, values: Sequence[Json]) -> list[tuple[str, float]]:
    """What stands beside an axis, each at its place: the values that were tried; of many, round ones."""
    if isinstance(scale, Categories):
        return [(w, (i + 0.5) / len(scale.words)) for i, w in enumerate(scale.words)]
    tried = sorted({float(value) for value in values if isinstance(value, int | float)})
    shown = tried if len(tried) <= _MOST_TRIED else scale.ticks(6)
    return [(short(value), scale(value)) for value in shown]


def _point(across: float, along: float, upright: bool) -> str:
    return f"{across} {along}" if upright else f"{along} {across}"


def _tail(key: str, most: int) -> str:
    """The end of a long key: what stands at its front is seldom what differs."""
    return key if len(key) <= most else "…" + key[1 - most :]
