"""What an autoencoder gives back, beside what it was given; and what the code of a variational one draws."""

from __future__ import annotations

import numpy as np

from nntrain.inference.evaluator import outputs
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array
from nntrain.pictures import pixels
from nntrain.pictures.examples import has_picture
from nntrain.report import figures
from nntrain.report.findings import Few, Findings

MOST_PICTURES, MOST_ROWS, MOST_COLUMNS = 10, 8, 10
DRAWN = 30
_SIDE = 33  # pixels of a picture, about


def section(found: Findings) -> str:
    """Nothing where the targets are not the examples themselves."""
    loaded = found.loaded
    if loaded is None or not loaded.config.dataset.reconstruct:
        return ""
    parts = [_given_back(found, loaded)]
    with np.errstate(all="ignore"):
        if loaded.loop.draws(loaded) and has_picture(loaded.facts.input_shape) and len(loaded.facts.input_shape) == 3:
            X = loaded.loop.draw(loaded, DRAWN, loaded.config.seed)
            drawn = _enlarged(pixels.grid(X, MOST_PICTURES), X.shape[-1])
            parts.append(f"<h3>It draws</h3>{figures.captioned('from codes that are drawn from N(0, 1)', drawn)}")
    return "".join(parts)


def _given_back(found: Findings, loaded: Loaded) -> str:
    if found.data is None or not found.examined.size:
        return ""
    facts = loaded.facts
    count = min(found.examined.size, MOST_PICTURES)
    with np.errstate(all="ignore"):
        (out,) = list(outputs(loaded, Few(found.examined, np.arange(count))))[:1]
        Y = loaded.config.loss.predict(out.Z)
    if len(facts.input_shape) == 3:
        X, back = facts.inputs_in_units(out.batch.X), facts.inputs_in_units(Y.reshape(out.batch.X.shape))
        both = _enlarged(pixels.grid(np.concatenate([X, back]), len(X)), X.shape[-1])
        text = f"above the first examples of the {found.part} part, below what comes back"
        return f"<h3>Reconstructions</h3>{figures.captioned(text, both)}"
    if Y.ndim != 2:
        return ""
    truth, said = (np.asarray(facts.to_units(values), np.float64) for values in (out.batch.Y, Y))
    rows = []
    for i in range(min(count, MOST_ROWS)):
        for what, values in (("is", truth), ("comes back", said)):
            rows.append([str(i), what, *(f"{value:.4g}" for value in values[:MOST_COLUMNS, i])])
    layout = facts.preparation.layout
    names = [column.name for column in layout.columns] if layout is not None else []
    if len(names) != len(truth):
        names = [str(k) for k in range(len(truth))]
    caption = f"examples of the {found.part} part, by number from 0, in the data's units"
    return f"<h3>Reconstructions</h3>{figures.table(['example', '', *names[:MOST_COLUMNS]], rows, caption=caption)}"


def _enlarged(picture: Array, side: int) -> str:
    """Every pixel of an example a whole number of pixels."""
    return figures.image(picture, "examples", picture.shape[1] * max(1, round(_SIDE / side)))
