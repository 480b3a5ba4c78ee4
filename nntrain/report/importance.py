"""What each column is worth: how much worse the network gets where it stands in another example's row.

Permutation importance: Breiman (2001), "Random forests"; Fisher, Rudin and Dominici (2019).
"""

from __future__ import annotations

import numpy as np

from nntrain.data.facts import Facts
from nntrain.data.parts import Batch, Part
from nntrain.inference.load import Loaded
from nntrain.messages import in_html
from nntrain.model.shapes import Array
from nntrain.report import figures
from nntrain.report.findings import Few, Findings
from nntrain.runtime import streams

MOST_COLUMNS, MOST_EXAMPLES, TIMES = 40, 1000, 3


class Shuffled(Part):
    """A part in which some inputs are those of other examples.

    at      which inputs, along the axis before the batch's: columns of a table, or of the steps of a series
    order   (N,) the example that each takes them from
    """

    def __init__(self, part: Part, at: slice, order: Array):
        self.part, self.at, self.order, self.size = part, at, order, part.size

    def batch(self, indices: Array) -> Batch:
        batch = self.part.batch(indices)
        batch.X[..., self.at, :] = self.part.batch(self.order[indices]).X[..., self.at, :]
        return batch


def columns(facts: Facts) -> list[tuple[str, slice]]:
    """Names of the columns, and the inputs that each becomes; nothing where inputs are no columns."""
    if facts.vocabulary is not None:
        return []
    if (layout := facts.preparation.layout) is not None:
        ends = np.cumsum([column.width for column in layout.columns]).tolist()
        starts = [0, *ends[:-1]]
        named = zip(layout.columns, starts, ends, strict=True)
        return [(column.name, slice(start, end)) for column, start, end in named]
    if (series := facts.preparation.series) is not None:
        return [(name, slice(k, k + 1)) for k, name in enumerate(series.columns)]
    if len(facts.input_shape) == 1:
        return [(f"input {k}", slice(k, k + 1)) for k in range(facts.input_shape[0])]
    return []


def measured(found: Findings, loaded: Loaded) -> tuple[float, list[tuple[str, float]]]:
    """The loss over the part, and by how much it grows for each column, the most first; means over shuffles."""
    part = found.examined
    few = Few(part, np.arange(min(part.size, MOST_EXAMPLES)))
    with np.errstate(all="ignore"):
        loss = float(loaded.loop.evaluate(loaded, few)["loss"])
        grown = []
        for number, (name, at) in enumerate(columns(loaded.facts)):
            losses = []
            for time in range(TIMES):
                stream = streams.stream(loaded.config.seed, streams.CHECK, streams.key("importance"), number, time)
                order = np.argsort(stream.uniform((few.size,)), kind="stable")
                losses.append(float(loaded.loop.evaluate(loaded, Shuffled(few, at, order))["loss"]))
            grown.append((name, float(np.mean(losses)) - loss))
    return loss, sorted(grown, key=lambda one: -one[1])


def section(found: Findings) -> str:
    """A bar a column."""
    loaded = found.loaded
    if loaded is None or found.judged is None or loaded.config.dataset.reconstruct:
        return ""
    if not 1 < len(columns(loaded.facts)) <= MOST_COLUMNS or loaded.loop.translates:
        return ""
    loss, grown = measured(found, loaded)
    largest = max(0.0, *(amount for _, amount in grown)) or 1.0
    rows = "".join(
        f'<tr><th scope="row">{in_html(name)}</th><td>{amount:+.3g}</td>'
        f'<td class="bar"><i style="--share:{max(0.0, amount / largest):.1%}"></i></td></tr>'
        for name, amount in grown
    )
    said = (
        f"How much the loss over the {found.part} part, {loss:.4g}, grows where a column is shuffled among the "
        f"examples: the mean of {TIMES} shuffles. Columns that say the same stand in for each other."
    )
    return (
        f'<h3>What each column is worth</h3>{figures.soft(said)}<div class="scroll" tabindex="0" role="group" '
        'aria-label="importance of the columns"><table class="bars"><thead><tr><th scope="col">column</th>'
        f'<th scope="col">loss</th><td></td></tr></thead><tbody>{rows}</tbody></table></div>'
    )
