"""Text files: their bytes, the SHA-256 of these, and the encoding of the text in them."""

from __future__ import annotations

import codecs
import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from nntrain.data.packed import refuse_if_far_too_large
from nntrain.data.source_files import GivenArray, Source, name_of
from nntrain.data.tables.other_formats import what_it_is
from nntrain.data.tables.text_lines import LONGEST_LINE, InUtf8, TextLines
from nntrain.errors import DataError

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_MARKS = (  # longest first, as the mark of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _NotThisEncodingError(Exception):
    """A text of another encoding: the first line that is wrong, and why."""

    def __init__(self, line: int, reason: str):
        self.line, self.reason = line, reason


class TextFile:
    """A file or a stream of text, looked through once when it is made; what gzip has packed is unpacked.

    name       what errors call it
    size       bytes of the text
    encoding   as given, or found out: UTF-8, UTF-16 or UTF-32 by their marks, UTF-16 without one by its zero bytes,
               else Latin-1, which `warnings` tells
    Raises DataError for what cannot be read, is no text, or is empty.
    """

    def __init__(self, source: Source | None, encoding: str | None = None):
        self.name, self.warnings = name_of(source), list[str]()
        self._path, self._content = _path_or_content(source, self.name)
        self._packed, self.size = False, 0
        self._packed = next(self._blocks(), b"").startswith(_GZIP)
        self.encoding = encoding or self._find_encoding()
        try:
            self._check(self.encoding)
        except _NotThisEncodingError as wrong:
            if encoding is not None or self.encoding != "utf-8":
                said = "; encoding says so" if encoding else ""
                raise DataError(
                    f"{self.name}:{wrong.line}:1: error: not {self.encoding} text{said}: {wrong.reason}"
                ) from wrong
            self.encoding = self._latin()
            self.warnings.append(f"{self.name}:{wrong.line}: not UTF-8; read as Latin-1; encoding says what it is")

    def _latin(self) -> str:
        """Windows-1252 has letters where Latin-1 has control characters, which no text holds; but five have none."""
        try:
            self._check("cp1252")
            return "cp1252"
        except _NotThisEncodingError:
            self._check("latin-1")
            return "latin-1"

    def digest(self, sha: _Hash) -> None:
        """Put the bytes of the file into the hash."""
        for block in self._blocks():
            sha.update(block)

    def open(self) -> io.TextIOWrapper:
        """The text from its beginning, line breaks as they are in the file."""
        return io.TextIOWrapper(self._open(), self.encoding, newline="")

    @contextmanager
    def lines(self) -> Iterator[TextLines]:
        """The text line by line, or in blocks of UTF-8."""
        with self.open() as text:
            plain = codecs.lookup(self.encoding).name in ("utf-8", "ascii")
            yield TextLines(self.name, cast(BinaryIO, text.buffer) if plain else InUtf8(text))

    def _open(self) -> BinaryIO:
        try:
            if self._packed:
                return io.BufferedReader(gzip.open(self._path or io.BytesIO(self._content)))
            return io.BytesIO(self._content) if self._path is None else self._path.open("rb")
        except OSError as error:
            raise DataError(f"{self.name}: error: {error.strerror}") from error

    def _blocks(self) -> Iterator[bytes]:
        with self._open() as file:
            try:
                while block := file.read(_BLOCK):
                    yield block
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise DataError(f"{self.name}: error: a damaged gzip file: {error}") from error
            except OSError as error:
                raise DataError(f"{self.name}: error: {error.strerror}") from error

    def _find_encoding(self) -> str:
        start = next(self._blocks(), b"")
        for mark, encoding in _MARKS:
            if start.startswith(mark):
                return encoding
        if (other := what_it_is(start)) is not None:
            raise DataError(f"{self.name}: error: {other}")
        pairs = start[: len(start) // 2 * 2]
        zeros = [pairs[k::2].count(0) for k in (0, 1)]
        if len(pairs) > 2 and max(zeros) > 0.15 * len(pairs) and min(zeros) < 0.02 * len(pairs):
            return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        return "utf-8"

    def _check(self, encoding: str) -> None:
        """Decode all of it once.  Raises _NotThisEncodingError, and DataError for NUL and for nothing."""
        decoder, empty = codecs.getincrementaldecoder(encoding)(), True
        plain = codecs.lookup(encoding).name in ("utf-8", "ascii", "cp1252", "iso8859-1")
        self.size = 0
        for block in chain(self._blocks(), [b""]):
            start, self.size = self.size, self.size + len(block)
            if self._packed:
                packed = len(self._content) if self._path is None else self._path.stat().st_size
                refuse_if_far_too_large(self.name, packed, self.size, "unpack the file if they are meant")
            if plain and block and not decoder.getstate()[0] and block.isascii() and b"\0" not in block:
                empty = empty and not block.strip()
                continue
            try:
                text = decoder.decode(block, not block)
            except UnicodeError as error:
                if isinstance(error, UnicodeDecodeError):  # of these bytes and those that waited for them
                    start = self.size - len(error.object) + error.start
                raise _NotThisEncodingError(
                    self._line_at(start, encoding), str(getattr(error, "reason", error))
                ) from error
            if (nul := text.find("\0")) >= 0:
                line = self._line_at(start, encoding) + text.count("\n", 0, nul)
                raise DataError(f"{self.name}:{line}:1: error: a NUL byte; this is no csv text")
            empty = empty and not text.strip()
        if empty:
            raise DataError(f"{self.name}: error: the file is empty")

    def _line_at(self, byte: int, encoding: str) -> int:
        """The line in which a byte of the file stands."""
        decoder, line = codecs.getincrementaldecoder(encoding)("replace"), 1
        for block in self._blocks():
            line += decoder.decode(block[:byte]).count("\n")
            byte -= min(byte, len(block))
        return line


def _path_or_content(source: Source | None, name: str) -> tuple[Path | None, bytes]:
    """The path of a regular file, which can be read twice; of anything else its whole content."""
    if source is None:
        raise DataError(f"{name}: error: standard input is closed")
    if isinstance(source, GivenArray):
        raise DataError(f"{name}: error: expected a table with names, got an array")
    try:
        if isinstance(source, Path):
            if stat.S_ISREG(source.stat().st_mode):
                return source, b""
            with source.open("rb") as stream:
                return None, _all_of(stream, name)
        binary: BinaryIO | None = getattr(source, "buffer", None)
        return None, source.read().encode("utf-8", "surrogatepass") if binary is None else _all_of(binary, name)
    except OSError as error:
        raise DataError(f"{name}: error: {error.strerror}") from error


def _all_of(stream: BinaryIO, name: str) -> bytes:
    """What a stream holds.  Raises DataError for a line that never ends, as of a device, before it fills the memory."""
    content, line = bytearray(), 0  # where the last line begins
    while block := stream.read(_BLOCK):
        content += block
        line = max(line, content.rfind(b"\n", len(content) - len(block)) + 1)
        if len(content) - line > LONGEST_LINE:
            raise DataError(f"{name}: error: {LONGEST_LINE >> 20} MB without the end of a line; this is no table")
    return bytes(content)
