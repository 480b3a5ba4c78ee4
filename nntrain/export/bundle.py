"""Functions of nntrain with all that they need, as the text of one file: what is copied computes the same bits.

Only what is reached is taken: functions, classes and constants by name, from module to module, word for word.  Where
a name stands for more than one thing, its module's stands before it: lstm_forward, gru_forward.  Annotations are not
followed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

STAND_INS = {
    ("nntrain.runtime.threads", "run"): ("nntrain.export.stand_ins", "run"),
    ("nntrain.kernels.scratch", "scratch"): ("nntrain.export.stand_ins", "scratch"),
}

Place = tuple[str, str]  # a module, and a name at its top
_Scope = ast.FunctionDef | ast.ClassDef | ast.Lambda
_Uses = tuple[ast.Name | ast.Attribute, Place]


class _Module(NamedTuple):
    """A module's text, what its top-level names stand for, and what they are imported from.

    places   imported name -> its module and name; of a whole module the name is ""
    lines    imported name -> the line that imports it, for what is not nntrain's
    """

    text: bytes
    nodes: dict[str, ast.stmt]
    places: dict[str, Place]
    lines: dict[str, str]


def bundle(places: Sequence[Place]) -> tuple[list[str], str]:
    """Lines that import, and the text of all that the places need; they keep their names in it."""
    found: dict[Place, None] = {}
    lines: set[str] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        found[place] = None
        module = _read(place[0])
        node = module.nodes[place[1]]
        waiting += [target for _, target in _uses(node, place[0])]
        lines |= {module.lines[name] for name in _loaded(node) if name in module.lines}
    names = _names(list(found)) | {place: place[1] for place in places}
    return sorted(lines), "\n\n".join(_texts(found, names))


def _names(places: Sequence[Place]) -> dict[Place, str]:
    """One name for each place."""
    often = Counter(name for _, name in places)
    for module, name in places:
        often.update(_bound(_read(module).nodes[name]))
    stems = {place: place[0].rpartition(".")[2] for place in places}
    return {p: p[1] if often[p[1]] == 1 else f"{stems[p]}_{p[1].lstrip('_')}" for p in places}


def _texts(places: dict[Place, None], names: dict[Place, str]) -> Iterator[str]:
    """What stands at the places: modules after those that they import, each in its own order."""
    for name in _ordered({module for module, _ in places}):
        module = _read(name)
        nodes = {id(node): node for own, node in module.nodes.items() if (name, own) in places}
        for node in sorted(nodes.values(), key=lambda node: node.lineno):
            yield _renamed(node, name, module, names)


def _ordered(modules: set[str]) -> list[str]:
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            for place in _read(name).places.values():
                for module in (place[0], STAND_INS.get(place, place)[0]):
                    if module in modules and module != name:
                        visit(module)
            order.append(name)

    for name in sorted(modules):
        visit(name)
    return order


@lru_cache(maxsize=64)
def _read(name: str) -> _Module:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_bytes()
    nodes: dict[str, ast.stmt] = {}
    places: dict[str, Place] = {}
    lines: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            nodes |= {one.id: node for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nntrain"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = find_spec(node.module or "").submodule_search_locations and find_spec(whole)  # type: ignore[union-attr]
                places[alias.asname or alias.name] = (whole, "") if is_module else (node.module or "", alias.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            begin = "import " if isinstance(node, ast.Import) else f"from {node.module} import "
            for alias in node.names:
                lines[alias.asname or alias.name] = begin + alias.name + (f" as {alias.asname}" if alias.asname else "")
    return _Module(text, nodes, places, lines)


def _loaded(node: ast.AST) -> set[str]:
    return {one.id for one, _ in _walk(node) if isinstance(one, ast.Name)}


def _uses(node: ast.stmt, name: str) -> Iterator[_Uses]:
    """The names in a node that stand for a place of nntrain, its own definition left out."""
    module = _read(name)
    for one, bound in _walk(node):
        if isinstance(one, ast.Name) and one.id not in bound:
            place = (name, one.id) if one.id in module.nodes else module.places.get(one.id, ("", ""))
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id not in bound:
            around = module.places.get(one.value.id, ("", "-"))
            place = (around[0], one.attr) if around[1] == "" else ("", "")
        else:
            continue
        if place[1]:
            yield one, STAND_INS.get(place, place)


def _bound(node: ast.stmt) -> set[str]:
    """Names that a definition binds anywhere inside itself."""
    return set().union(*(_own(one) for one in ast.walk(node) if isinstance(one, _Scope)))


def _own(scope: _Scope) -> set[str]:
    """Names that a function or class binds in its own scope, not in those within."""
    names: set[str] = set()
    waiting: list[ast.AST] = [] if isinstance(scope, ast.ClassDef) else [scope.args]
    waiting += [scope.body] if isinstance(scope, ast.Lambda) else scope.body
    while waiting:
        one = waiting.pop()
        if isinstance(one, ast.arg):
            names.add(one.arg)
        elif isinstance(one, ast.FunctionDef | ast.ClassDef):
            names.add(one.name)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            names.add(one.id)
        if not isinstance(one, _Scope):
            waiting += ast.iter_child_nodes(one)
    return names


def _walk(node: ast.AST, bound: frozenset[str] = frozenset()) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """All inside it but annotations, each with the names that are bound around it, whatever the module calls so."""
    yield node, bound
    inside = bound | _own(node) if isinstance(node, _Scope) else bound
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):  # what a class binds its methods do not see
                yield from _walk(
                    child, bound if isinstance(node, ast.ClassDef) and isinstance(child, _Scope) else inside
                )


def _renamed(node: ast.stmt, name: str, module: _Module, names: dict[Place, str]) -> str:
    """The node's text, decorators and all, with the names that its places have."""
    lines = module.text.splitlines(keepends=True)
    changes: list[tuple[int, int, int, str]] = []  # line, from byte, to byte, new name
    for one, place in _uses(node, name):
        if place in names and one.end_col_offset is not None:
            changes.append((one.lineno, one.col_offset, one.end_col_offset, names[place]))
    own = names.get((name, getattr(node, "name", "")))
    if own is not None and isinstance(node, ast.FunctionDef | ast.ClassDef):
        start = node.col_offset + (len("def ") if isinstance(node, ast.FunctionDef) else len("class "))
        changes.append((node.lineno, start, start + len(node.name.encode()), own))
    for line, start, end, new in sorted(changes, reverse=True):
        text = lines[line - 1]
        lines[line - 1] = text[:start] + new.encode() + text[end:]
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return b"".join(lines[first - 1 : node.end_lineno]).decode().rstrip() + "\n"
