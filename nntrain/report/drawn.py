"""What a run drew as it went, and what its best checkpoint writes."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nntrain.errors import ConfigError
from nntrain.files.regular_files import is_regular, read_regular
from nntrain.inference.load import Loaded
from nntrain.inference.samples import columns_of
from nntrain.inference.sampling import Drawing
from nntrain.inference.text_writer import Writer
from nntrain.messages import in_html
from nntrain.pictures import pixels, png
from nntrain.pictures.examples import has_picture, picture
from nntrain.report import figures
from nntrain.report.findings import MOST_NAMES, Findings

SAMPLE_BYTES = 1_000_000  # of pictures in one page
_TEXT = 1500
MOST_TEXTS, TEXT_LENGTH = 3, 300
DRAWN_ROWS, DRAWN, DRAWN_POINTS = 4, 32, 400  # rows of classes; images without classes; points


def section(found: Findings) -> str:
    """Texts that it writes, or that it turns others into, and the pictures of training."""
    texts, title = found.texts, "It turns"
    if found.loaded is not None and not texts and found.loaded.facts.text is not None:
        texts, title = _written(found.loaded), "It writes"
    items = "".join(f'<figure><pre tabindex="0">{in_html(text)}</pre></figure>' for text in texts)
    said = f'<h3>{title}</h3><div class="samples">{items}</div>' if items else ""
    files = _files(found.run_dir)
    if not files and found.loaded is not None and found.loaded.loop.adversarial:
        return said + _drawn_now(found.loaded)
    return said + _samples(files, found.loaded)


def _drawn_now(loaded: Loaded) -> str:
    """A grid from the checkpoint, of a game that has left no pictures of its training."""
    if not has_picture(loaded.facts.input_shape):
        return ""
    count = DRAWN_ROWS * (loaded.facts.classes or 1) if loaded.loop.draws_by_class else DRAWN
    if len(loaded.facts.input_shape) == 1:
        count = DRAWN_POINTS
    with np.errstate(all="ignore"):
        X = loaded.loop.draw(loaded, count, loaded.config.seed)
    if not np.isfinite(X).all():
        return ""
    shown = picture(X, columns_of(loaded, count))
    content = _classes(loaded, shown.shape[1]) + figures.image(shown, "drawn examples")
    return f"<h3>It draws</h3>{figures.captioned('from codes that are drawn from N(0, 1)', content)}"


def _written(loaded: Loaded) -> list[str]:
    """A few texts, or names, as the best checkpoint draws them by the run's seed; none where it cannot write."""
    if loaded.loop.translates:
        return []
    with np.errstate(all="ignore"):
        try:
            writer = Writer(loaded, Drawing(), seed=None)
        except ConfigError:
            return []
        if loaded.config.dataset.ends:
            return ["\n".join(writer.names("", MOST_NAMES))]
        return ["".join(writer.text("", TEXT_LENGTH, number)) for number in range(MOST_TEXTS)]


def _files(run_dir: Path, most: int = 6) -> list[Path]:
    """What a run drew as it went, from the first to the last, at most so many evenly spread."""
    folder = run_dir / "samples"
    if folder.is_symlink():
        return []
    drawn = [p for p in folder.glob("*") if p.suffix in (".png", ".txt") and is_regular(p)]
    drawn = [p for p in drawn if p.stat().st_size <= SAMPLE_BYTES]
    files = [p for p in drawn if not p.name.startswith("boundary_")]  # these have a place of their own
    files.sort(key=lambda p: (len(p.stem), p.stem))
    if len(files) <= most:
        return files
    return [files[round(i * (len(files) - 1) / (most - 1))] for i in range(most)]


def _samples(files: Sequence[Path], loaded: Loaded | None) -> str:
    items, room = [], SAMPLE_BYTES
    for file in files:
        content = read_regular(file)
        name = in_html(re.sub(r"\b0+(?=\d)", "", file.stem.replace("_", " ")))
        if file.suffix == ".txt":
            text = content.decode("utf-8", "replace")
            text = text if len(text) <= _TEXT else text[:_TEXT] + " …"
            items.append(f'<figure><figcaption>{name}</figcaption><pre tabindex="0">{in_html(text)}</pre></figure>')
        elif content[:8] == png.SIGNATURE and 24 <= len(content) <= room:
            room -= len(content)
            width, height = struct.unpack(">II", content[16:24])
            picture = (
                f'<img class="exact" width="{width}" height="{height}" src="{pixels.as_uri(content)}" alt="{name}">'
            )
            items.append(
                f"<figure><figcaption>{name}</figcaption>"
                f'<div class="scroll" tabindex="0" role="group" aria-label="{name}">{_classes(loaded, width)}{picture}'
                "</div></figure>"
            )
    return f'<h3>Samples over time</h3><div class="samples exactly">{"".join(items)}</div>' if items else ""


def _classes(loaded: Loaded | None, width: int) -> str:
    """The classes above the columns of a grid that has one for each."""
    if loaded is None or not loaded.loop.draws_by_class or not loaded.facts.classes:
        return ""
    names = "".join(f"<span>{in_html(name)}</span>" for name in loaded.facts.class_names)
    columns = f"grid-template-columns:repeat({loaded.facts.classes},1fr);width:{width}px"
    return f'<div class="heads" style="{columns}">{names}</div>'
