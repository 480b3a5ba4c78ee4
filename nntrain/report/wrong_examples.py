"""The examples that a network gets most wrong."""

from __future__ import annotations

from nntrain.messages import in_html
from nntrain.pictures import pixels
from nntrain.report import figures
from nntrain.report.findings import Findings, Wrong

_SIDE = 64  # pixels of a picture, about


def section(found: Findings) -> str:
    """As pictures or as rows."""
    if not found.wrong:
        return ""
    regression = found.loaded is not None and found.loaded.config.loss.target == "values"
    title = "Largest errors" if regression else "Most wrong"
    if found.wrong[0].picture is None:
        amount = "error" if regression else "loss"
        head = ["example", "is", "said", amount, *(name for name, _ in found.wrong[0].row)]
        rows = [
            [str(w.number), w.truth, w.said, f"{w.amount:.3g}", *(value for _, value in w.row)] for w in found.wrong
        ]
        said = f"examples of the {found.part} part, by number from 0"
        return f"<h3>{title}</h3>{figures.table(head, rows, caption=said)}"
    return f'<h3>{title}</h3><ul class="wrongs">{"".join(map(_picture, found.wrong))}</ul>'


def _picture(wrong: Wrong) -> str:
    assert wrong.picture is not None
    about = f"example {wrong.number}: is {wrong.truth}, said {wrong.said}"
    shown = figures.image(pixels.from_image(wrong.picture), about, _SIDE)
    return f"<li>{shown}<div>is <b>{in_html(wrong.truth)}</b><br>said {in_html(wrong.said)}</div></li>"
