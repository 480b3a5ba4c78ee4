"""The words of messages: values, lists and suggestions as a person reads them in one line; and text on its way out.

A name, a cell or a class may hold anything: what moves a cursor, ends a command or begins a script.  There is one
function for each door: to a terminal (`printable`), to a shell (`shell_word`), into HTML (`in_html`, `in_script`).
Who called, a shell or a Python program, is told what it can give: an option or an argument (`by_door`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# takes what a person should know of, but what stops nothing: a line of text, without "warning: " before it
Warn = Callable[[str], None]


def unheard(text: str) -> None:
    """A Warn for those who do not want to know."""


_called_from_python: ContextVar[bool] = ContextVar("called_from_python", default=False)


@contextmanager
def from_python() -> Iterator[None]:
    """Within, messages are for a Python program."""
    token = _called_from_python.set(True)
    try:
        yield
    finally:
        _called_from_python.reset(token)


def by_door(shell: str, python: str) -> str:
    """The words for whoever called: `--on-exist resume` in a shell, `on_exist="resume"` in Python."""
    return python if _called_from_python.get() else shell


def is_terminal(stream: object) -> bool:
    """Whether a person reads it.  A notebook's or an editor's stdout may know nothing of terminals, or be closed."""
    asked = getattr(stream, "isatty", None)
    try:
        return asked is not None and bool(asked())
    except ValueError:
        return False


def escape(text: str, limit: int = 60) -> str:
    """Text as it may stand in one line of a terminal: no control characters, not too long."""
    if len(text) > limit:
        text = f"{text[: limit - 13]}…{text[-12:]}"
    return printable(text)


def show(value: Any, limit: int = 60) -> str:
    """A value as YAML would have it, short enough for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{escape(value, limit)}'"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return escape(str(value) if abs(value) < 10**30 or isinstance(value, float) else "a huge number", limit)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean 'momentum'?` where one of the known names is nearly so, whatever the case of its letters."""
    from difflib import get_close_matches  # most programs make no mistake

    by_lower = {name.lower(): name for name in reversed(list(known))}
    wrong = wrong[:60].lower()
    for spelled in (wrong.replace("-", "_").replace(" ", "_"), wrong):
        if close := get_close_matches(spelled, list(by_lower), 1):
            return f"; did you mean {by_lower[close[0]]!r}?"
    return ""


def suggest(wrong: str, known: Iterable[str]) -> str:
    """`did_you_mean`, or else what there is where that is little."""
    known = list(known)
    if hint := did_you_mean(wrong, known):
        return hint
    if known and sum(map(len, known)) <= 200:
        return f"; there is {join(known, 'and')}" if len(known) > 1 else f"; there is only {known[0]}"
    return ""


def join(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    words = list(words)
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def a(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def printable(text: str) -> str:
    """One line of a terminal: what is no printable character stands there as Python writes it, `\\x1b`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines, with tabs."""
    if text.isprintable():
        return text
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def shell_word(word: str | os.PathLike[str]) -> str:
    """A word as any POSIX shell reads it back, in one printable line.  A path is never taken for an option."""
    from shlex import quote  # few programs print commands

    text = os.fspath(word)
    if not isinstance(word, str) and text.startswith("-"):
        text = f"./{text}"
    if text.isprintable():
        return quote(text)
    if text.endswith("\n"):  # which a substitution takes away
        return "$'" + _octal(text) + "'"
    return "\"$(printf '" + _octal(text).replace("%", "%%") + "')\""


def shell_command(*words: str | os.PathLike[str]) -> str:
    """A command as any POSIX shell reads it back, in one printable line."""
    return " ".join(map(shell_word, words))


def _octal(text: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'-" else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )


def in_spreadsheet(text: str) -> str:
    """A word for a cell of a spreadsheet: an apostrophe before what would be computed there, or run; numbers stay."""
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def in_html(text: str) -> str:
    """Text for an element or an attribute of HTML or SVG: no markup, and nothing that no UTF-8 or XML can hold."""
    from html import escape

    return escape(printable_lines(text), quote=True)


def in_script(json_text: str) -> str:
    """JSON for a script element: the same values, without a character that could end the element."""
    return re.sub("[<>&\u2028\u2029]", lambda c: f"\\u{ord(c[0]):04x}", json_text)
