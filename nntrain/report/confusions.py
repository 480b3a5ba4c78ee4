"""Which classes are taken for which, and how well each is found."""

from __future__ import annotations

from nntrain.messages import in_html
from nntrain.report import figures
from nntrain.report.findings import Findings

_DEEPEST = 45  # percent of a cell's colour: more, and its number could not be read


def section(found: Findings) -> str:
    """The confusion beside the table of classes, or of yes-or-no questions."""
    parts = [part for part in (_confusion(found), _per_class(found)) if part]
    return '<div class="pair">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>" if parts else ""


def _per_class(found: Findings) -> str:
    """Precision, recall, F1 and support, as the metric per_class says them."""
    rows = found.judged.results.get("per_class") if found.judged is not None else None
    if not isinstance(rows, dict):
        return ""
    names = ("precision", "recall", "f1")
    body = [[name, *(f"{row[key]:.3f}" for key in names), f"{row['support']:g}"] for name, row in rows.items()]
    what = "class" if found.labels else "yes to"
    said = f"the {found.part} part, {found.examples:,} examples" if found.labels else "of the answer yes"
    return f"<h3>Each class</h3>{figures.table([what, *names, 'support'], body, caption=said)}"


def _confusion(found: Findings) -> str:
    """A row a true class, a column a decided one."""
    counts = found.confusion
    if counts is None:
        return ""
    right = max(1, float(counts.diagonal().max()))
    off = max(1, float((counts - counts * (counts == counts.diagonal()[:, None])).max())) if len(counts) > 1 else 1
    head = "".join(f'<th scope="col">{in_html(label)}</th>' for label in found.labels)
    rows = []
    for i, label in enumerate(found.labels):
        cells = []
        for j, count in enumerate(counts[i].tolist()):
            share = round(_DEEPEST * count / (right if i == j else off))
            kinds = ["right" if i == j else "off", *(["none"] if not count else [])]
            cells.append(f'<td class="{" ".join(kinds)}" style="--share:{min(share, _DEEPEST)}%">{count:g}</td>')
        rows.append(f'<tr><th scope="row">{in_html(label)}</th>{"".join(cells)}</tr>')
    caption = f"Rows: what it is. Columns: what the network says. {found.part}, {found.examples:,} examples."
    return (
        f"<h3>Confusion</h3>{figures.soft(caption)}"
        '<div class="scroll" tabindex="0" role="group" aria-label="confusion matrix">'
        f'<table class="confusion"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
