"""What every part of the page is made of: charts with their numbers, tables, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nntrain.files.plain_values import Json, JsonObject
from nntrain.messages import in_html
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.report.charts import Drawn

_LONG = 30  # rows of a table from which it scrolls in itself


class Charts:
    """Figures with their numbers, which go into the page as one piece of JSON."""

    def __init__(self) -> None:
        self.data: list[JsonObject] = []

    def figure(self, title: str, drawn: Drawn, size: str = "") -> str:
        """The HTML of a chart, whose data go to the end of the page; `size`: wide, over all columns, or broad, two."""
        svg, data = drawn
        self.data.append({"title": title, **data})
        label = in_html(f"{title}: chart; arrow keys read out its values")
        svg = svg.replace("<svg ", f'<svg tabindex="0" role="application" aria-label="{label}" ')
        kind = f"chart {size}".strip()
        return (
            f'<figure class="{kind}" data-chart="{len(self.data) - 1}"><figcaption>{in_html(title)}</figcaption>'
            f'{svg}<output class="readout" aria-live="polite">{in_html(_last(data))}</output></figure>'
        )


def _last(data: Mapping[str, Json]) -> str:
    """What a chart reads out before anybody asks: its last values, where they are few."""
    series = data.get("series", ())
    if not series or len(series) > 8:
        return "" if not series else f"{len(series)} curves; point at one, or take the arrow keys"
    last = max(one["x"][-1] for one in series)
    ends = [(one["name"], one["y"][-1]) for one in series if one["x"][-1] == last and one["y"][-1] is not None]
    return "  ·  ".join([f"{data['x']} {last}", *(f"{name} {value:.5g}" for name, value in ends)])


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    best: int | None = None,
    caption: str = "",
    numbers: Sequence[int] | None = None,
) -> str:
    """Numbers to the right, the first column to the left; wide ones scroll in themselves.

    numbers   of the runs that the rows are: the page's script finds them by these
    """
    top = "".join(f'<th scope="col">{in_html(cell)}</th>' for cell in head)
    body = []
    for i, row in enumerate(rows):
        first, *others = (in_html(cell) for cell in row)
        cells = f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)
        kind = ' class="best"' if i == best else ""
        run = f' data-run="{numbers[i]}"' if numbers is not None else ""
        body.append(f"<tr{kind}{run}>{cells}</tr>")
    said = f"<caption>{in_html(caption)}</caption>" if caption else ""
    sortable = ' class="sortable"' if len(rows) > 1 else ' class="one"' if numbers is not None else ""
    kind = "scroll long" if len(rows) > _LONG else "scroll"
    return (
        f'<div class="{kind}" tabindex="0" role="group" aria-label="{in_html(caption or "table")}">'
        f"<table{sortable}>{said}<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def image(picture: Array, about: str, least: int = 0) -> str:
    """A picture at a whole multiple of its size, about as wide as `least` pixels."""
    height, width = picture.shape[:2]
    times = max(1, round(least / width))
    return (
        f'<img class="exact" width="{width * times}" height="{height * times}" '
        f'src="{pixels.data_uri(picture)}" alt="{in_html(about)}">'
    )


def captioned(title: str, content: str) -> str:
    """A figure that scrolls in itself where it is too wide."""
    return (
        f'<figure><figcaption>{in_html(title)}</figcaption><div class="scroll" tabindex="0" role="group" '
        f'aria-label="{in_html(title)}">{content}</div></figure>'
    )


def side_by_side(figures: Sequence[str]) -> str:
    """Charts in as many columns as there is room for."""
    return f'<div class="charts">{"".join(figures)}</div>' if figures else ""


def soft(text: str) -> str:
    """A paragraph of explanation."""
    return f'<p class="soft">{in_html(text)}</p>'
