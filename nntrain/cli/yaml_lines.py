"""YAML in a narrow window: the same config in shorter lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

# what stands before a comment: text in quotes, or any other character
_CODE = re.compile(r"""((?:"(?:[^"\\]|\\.)*"|'[^']*'|(?<=\S)#|[^#"'])*)(#.*)?""")


def fitted(text: str, columns: int | None) -> str:
    """The text with its longer lines broken: values between their words, comments above what they speak of.

    columns   None where there is no window: as it is
    """
    if columns is None:
        return text
    return "".join(f"{short}\n" for line in text.splitlines() for short in _broken(line, columns))


def _broken(line: str, columns: int) -> Iterator[str]:
    if len(line) <= columns:
        yield line
        return
    found = _CODE.fullmatch(line)
    code, comment = (found[1].rstrip(), found[2]) if found else (line, None)
    indent = " " * (len(line) - len(line.lstrip()))
    if comment:
        text = comment.lstrip("# ")
        yield from wrap(text, columns, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")
    if code:
        deeper = f"{indent}    "
        yield from wrap(
            code.lstrip(),
            columns,
            initial_indent=indent,
            subsequent_indent=deeper,
            break_long_words=False,
            break_on_hyphens=False,
        )
