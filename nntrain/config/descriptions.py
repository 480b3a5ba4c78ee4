"""What can be declared, as text: every argument with its type, default and meaning."""

from __future__ import annotations

import inspect

from nntrain.components import KINDS, find
from nntrain.config.field_types import Either, Field, Section, fields, words
from nntrain.config.other_words import meant_name
from nntrain.config.plain_config import plain
from nntrain.config.settings import Training
from nntrain.config.yaml_writer import flow
from nntrain.errors import ConfigError
from nntrain.messages import did_you_mean, show, suggest

_SECTIONS = {"training": Training}


def describe(kind: str | None = None, name: str | None = None) -> str:
    """All kinds; the components of one; or one component.  Raises ConfigError for a name that is none."""
    if kind is None:
        return "\n\n".join([*(_overview(k) for k in KINDS), f"training\n  {summary(Training)}"]) + "\n"
    if kind in _SECTIONS and name is None:
        return _whole(kind, _SECTIONS[kind])
    if kind not in KINDS:
        owners = [(k, kind) for k in KINDS if kind in find(k)]
        if name is None and owners:
            return "\n".join(_whole(f"{k} {n}", find(k)[n]) for k, n in owners)
        what, kinds = show(kind), [*KINDS, *_SECTIONS]
        if name is not None or (hint := did_you_mean(kind.removesuffix("s"), kinds)):
            raise ConfigError(f"components: no kind {what}{suggest(kind.removesuffix('s'), kinds)}")
        hint = _other_name(kind) or did_you_mean(kind, [n for k in KINDS for n in find(k)])
        raise ConfigError(f"components: no kind and no component {what}{hint or suggest(kind, kinds)}")
    known = find(kind)
    if name is None:
        return "\n".join(_whole(f"{kind} {n}", cls, brief=True) for n, cls in known.items())
    if name not in known:
        raise ConfigError(f"components: no {kind} {show(name)}{suggest(name, known)}")
    return _whole(f"{kind} {name}", known[name])


def _other_name(word: str) -> str:
    return next((hint for k in KINDS if (hint := meant_name(word, k, find(k)))), "")


def summary(cls: type) -> str:
    """The first line of a docstring."""
    return _doc(cls).partition("\n")[0].strip()


def _doc(cls: type) -> str:
    text = cls.__dict__.get("__doc__") or ""
    return "" if text.startswith(f"{cls.__name__}(") else inspect.cleandoc(text)  # dataclass writes a signature


def _overview(kind: str) -> str:
    known = find(kind)
    width = max(map(len, known), default=0)
    return "\n".join([kind, *(f"  {name:{width}}  {summary(cls)}".rstrip() for name, cls in known.items())])


def _whole(title: str, cls: type, *, brief: bool = False) -> str:
    text = summary(cls) if brief else _doc(cls)
    lines = [title, *(f"  {line}".rstrip() for line in text.splitlines())]
    rows = [row for field in fields(cls).values() for row in _rows(field)]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    if not brief and rows:
        lines.append("")
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(f"    {'  '.join(cells)}  {row[3]}")
    return "\n".join(lines) + "\n"


def _rows(field: Field) -> list[tuple[str, str, str, str]]:
    """Name, type, default and meaning; of a section also what it holds."""
    options = field.type.options if isinstance(field.type, Either) else (field.type,)
    sections = [option for option in options if option is not type(None)]
    section = option if len(sections) == 1 and isinstance(option := sections[0], Section) else None
    if field.default is None:
        default = "required"
    else:
        value = plain(field.default())
        default = "" if section else "optional" if value is None else f"default {flow(value)}"
    type_ = "a mapping" if section else words(field.type, field.arg)
    inner = [row for below in fields(section.cls).values() for row in _rows(below)] if section else []
    return [(field.name, type_, default, field.arg.help), *((f"  {row[0]}", *row[1:]) for row in inner)]
