"""Lines that are drawn over: bars and tables that change in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TextIO

from nntrain.cli.terminal import broken, colourful, is_live, room, silence, size, width_of


class Live:
    """The last lines on a terminal, drawn again and again; messages scroll by above them.

    Where nothing can be written any more (the reader has gone, the disk is full) it falls silent: what is only shown
    stops no work.
    """

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self.drawable = is_live(stream)
        self._shown: list[int] = []  # columns that each drawn line takes

    @property
    def columns(self) -> int:
        """Columns that can be written without a line break."""
        return size(self._stream)[0] - 1 if self._stream is not None else 79

    @property
    def height(self) -> int:
        """Lines of the window."""
        return size(self._stream)[1] if self._stream is not None else 24

    def print(self, text: str) -> None:
        """Write lines that stay, in place of what was drawn; on a terminal that cannot be drawn on they are broken."""
        if not self.drawable:
            text = "\n".join(broken(line, room(self._stream)) for line in text.split("\n"))
        self._write(f"{self._erasing()}{text}\n")

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines in place of those drawn before."""
        if self.drawable:
            erasing = self._erasing()
            self._shown = [width_of(line) for line in lines]
            self._write(erasing + "\n".join(lines))

    def clear(self) -> None:
        """Take away what was drawn."""
        if self._shown:
            self._write(self._erasing())

    def _erasing(self) -> str:
        """What takes the drawn lines away; in a window made narrower since they have been broken into several."""
        if not self._shown:
            return ""
        columns = self.columns + 1
        rows = sum(max(1, -(-width // columns)) for width in self._shown)
        self._shown = []
        return "\r" + (f"\x1b[{rows - 1}A" if rows > 1 else "") + "\x1b[J"

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text if colourful(self._stream) else _uncoloured(text))
            self._stream.flush()
        except (OSError, ValueError):
            self._stream, self.drawable = None, False
            silence(2)


def _uncoloured(text: str) -> str:
    """Without colours, but with what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
