"""nntrain sample, for what writes text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nntrain.inference.load import Loaded
    from nntrain.inference.text_writer import Writer


def sample_text(
    loaded: Loaded,
    count: int | None,
    output: Path | None,
    seed: int | None,
    length: int,
    temperature: float,
    prompt: str,
) -> None:
    """Write text to stdout as it is drawn, or into a file."""
    from nntrain.files.storage import write_atomic
    from nntrain.inference.text_writer import Writer

    writer = Writer(loaded, temperature, seed)
    pieces: Iterator[str]
    if loaded.config.dataset.type == "names":
        pieces = (name + "\n" for name in writer.names(prompt, count or 10))
    else:
        pieces = _texts(writer, count or 1, prompt, length)
    if output is not None:
        write_atomic(output, ["".join(pieces).encode()])
        return
    for piece in pieces:
        click.echo(piece, nl=False)  # and flushes


def _texts(writer: Writer, count: int, prompt: str, length: int) -> Iterator[str]:
    """Texts, each ended by a line break, with an empty line between two."""
    for number in range(count):
        if number:
            yield "\n"
        yield from writer.text(prompt, length, number)
        yield "\n"
