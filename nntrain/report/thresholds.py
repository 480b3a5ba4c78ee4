"""What a threshold changes: ROC, precision over recall, and whether probabilities are what they say.

Fawcett (2006), "An introduction to ROC analysis"; Niculescu-Mizil and Caruana (2005) for the reliability diagram.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nntrain.inference.load import Loaded
from nntrain.messages import in_html
from nntrain.metrics.ranking import AveragePrecision, RocAuc, found_and_false, log_odds
from nntrain.model.shapes import Array
from nntrain.report import figures
from nntrain.report.axes import Scale
from nntrain.report.charts import COLOURS, HEIGHT, LEFT, RIGHT, WIDTH, Drawn, frame, left, svg, top
from nntrain.report.findings import Findings, Judged

MOST_CURVES = 12  # classes or questions: of more those with the most examples
_MOST_POINTS = 480  # in all curves of a chart together
_BINS = 10
_UNIT = Scale([0.0, 1.0], logarithmic=False)


class Curve(NamedTuple):
    """Points (x, y) in 0 … 1, with what stands at each."""

    name: str
    x: list[float]
    y: list[float]
    text: list[str]


class Question(NamedTuple):
    """A class against the rest, or a yes: score and truth of every example, and the probability of a score."""

    name: str
    scores: Array
    truths: Array
    P: Array


def section(found: Findings, drawn: figures.Charts) -> str:
    """ROC and precision over recall with their thresholds, and the calibration."""
    if found.judged is None or found.loaded is None or "per_class" not in found.judged.results:
        return ""
    asked = questions(found, found.loaded, found.judged)
    w = np.ones(found.judged.Z.shape[-1]) if found.judged.weights is None else found.judged.weights
    kept = [q for q in asked if q.truths.any() and not q.truths.all() and np.isfinite(q.scores).all()]
    if not kept:
        return ""
    shown = sorted(kept, key=lambda q: -float(q.truths @ w))[:MOST_CURVES]
    shown = [q for q in kept if any(q is one for one in shown)]
    most = max(40, min(120, _MOST_POINTS // len(shown)))
    rates, recalls = zip(*(_curves(q, w, most) for q in shown), strict=True)
    parts = [
        drawn.figure("ROC: true over false positive rate", joined(rates, "false positive rate", diagonal=True)),
        drawn.figure("Precision over recall", joined(recalls, "recall")),
        drawn.figure("Calibration: how often it is so", _calibration(found, found.loaded, found.judged, w)),
    ]
    said = f"The {found.part} part; each curve runs through all thresholds, which stand below it where you point."
    if len(shown) < len(asked):
        said += f" Of {len(asked)}, the {len(shown)} with the most examples."
    dashes = [" dashes" if k // COLOURS % 2 else "" for k in range(len(shown))]
    items = "".join(
        f'<li><i class="k{k % COLOURS}{dashes[k]}"></i>{in_html(one.name)}</li>' for k, one in enumerate(shown)
    )
    legend = f'<ul class="legend">{items}</ul>' if len(shown) > 1 else ""
    return f"<h3>Thresholds</h3>{figures.soft(said)}{legend}{figures.side_by_side(parts)}"


def questions(found: Findings, loaded: Loaded, judged: Judged) -> list[Question]:
    """Of two classes the second alone; of several, and of yes-or-no questions, each."""
    loss, facts = loaded.config.loss, loaded.facts
    if facts.target == "values":
        names = facts.output_names or tuple(map(str, range(len(judged.Z))))
        P = loss.predict(judged.Z)
        return [Question(n, judged.Z[k].astype(np.float64), judged.Y[k] > 0.5, P[k]) for k, n in enumerate(names)]
    P = loss.probabilities(judged.Z)
    scores = judged.Z.astype(np.float64) if len(judged.Z) == 1 else log_odds(judged.Z)
    if len(P) == 2:
        return [Question(found.labels[1], scores[-1], judged.Y == 1, P[1])]
    return [Question(name, scores[k], np.equal(judged.Y, k), P[k]) for k, name in enumerate(found.labels)]


def _curves(q: Question, w: Array, most: int) -> tuple[Curve, Curve]:
    """ROC with its area, precision over recall with its mean, thinned to what can be seen."""
    tp, fp = found_and_false(q.scores, q.truths, w)
    first = np.unique(-q.scores[w > 0], return_index=True)[1]
    at = q.P[w > 0][first]  # the probability of each different score, from the highest on
    positives, negatives = tp[-1], fp[-1]
    keep = np.unique(np.linspace(0, len(tp) - 1, min(len(tp), most)).round().astype(int))
    tpr, fpr, precision = tp / positives, fp / negatives, tp / (tp + fp)
    area, mean = RocAuc().of_two(q.scores, q.truths, w), AveragePrecision().of_two(q.scores, q.truths, w)
    texts = [f"threshold {at[i]:.3g}: precision {precision[i]:.3g}, recall {tpr[i]:.3g}" for i in keep]
    roc = [f"{q.name}: {text}, false positive rate {fpr[i]:.3g}" for text, i in zip(texts, keep, strict=True)]
    return (
        Curve(f"{q.name}: area {area:.4g}", [0.0, *fpr[keep]], [0.0, *tpr[keep]], [f"{q.name}: none is found", *roc]),
        Curve(f"{q.name}: {mean:.4g}", [*tpr[keep]], [*precision[keep]], [f"{q.name}: {text}" for text in texts]),
    )


def _calibration(found: Findings, loaded: Loaded, judged: Judged, w: Array) -> Drawn:
    """How often it is so where the network says p: in ten bins of p, of the decided class or of yes."""
    if loaded.facts.target == "values" or len(loaded.config.loss.probabilities(judged.Z)) == 2:
        asked = questions(found, loaded, judged)
        P, right = np.concatenate([q.P for q in asked]), np.concatenate([q.truths for q in asked])
        w = np.tile(w, len(asked))
    else:
        P = loaded.config.loss.probabilities(judged.Z).max(axis=0)
        right = loaded.config.loss.decide(judged.Z) == judged.Y
    bins = np.minimum((P * _BINS).astype(int), _BINS - 1)
    x, y, text = [], [], []
    for b in range(_BINS):
        of_bin = (bins == b) & (w > 0)
        if of_bin.any():
            said, so = np.average(P[of_bin], weights=w[of_bin]), np.average(right[of_bin], weights=w[of_bin])
            x.append(float(said))
            y.append(float(so))
            text.append(f"said {said:.3g}, it is so in {so:.3g} of {int(of_bin.sum()):,}")
    return joined([Curve("", x, y, text)], "probability said", diagonal=True, dots=True)


def joined(curves: Sequence[Curve], x_name: str, diagonal: bool = False, dots: bool = False) -> Drawn:
    """Curves through points that can be pointed at, each a colour of its own."""
    body = [frame(_UNIT, _UNIT, x_name)]
    if diagonal:
        body.append(f'<path class="guide" d="M{LEFT} {top(0)}L{WIDTH - RIGHT} {top(1)}"/>')
    told = []
    for k, curve in enumerate(curves):
        places = [(left(float(x)), top(float(y))) for x, y in zip(curve.x, curve.y, strict=True)]
        d = "M" + "L".join(f"{px} {py}" for px, py in places)
        dashed = " dashed" if k // COLOURS % 2 else ""
        body.append(f'<path class="line c{k % COLOURS}{dashed}" d="{d}"/>')
        if dots or len(places) == 1:
            body += [f'<circle class="dot c{k % COLOURS}" cx="{px}" cy="{py}" r="3.5"/>' for px, py in places]
        told += [{"px": px, "py": py, "text": text} for (px, py), text in zip(places, curve.text, strict=True)]
        if len(curves) == 1 and curve.name:
            low = np.mean(curve.y) < 0.5  # the name stands where the curve is not
            place = (LEFT + 6, 22, "start") if low else (WIDTH - RIGHT - 6, HEIGHT - 46, "end")
            body.append(
                f'<text class="name halo" x="{place[0]}" y="{place[1]}" text-anchor="{place[2]}">'
                f"{in_html(curve.name)}</text>"
            )
    return svg("".join(body)), {"kind": "points", "points": told}
