"""References: `$a.b` (or `${a.b}`) stands for another value of the file, or for a fact of the dataset."""

from __future__ import annotations

import re
from typing import Protocol

from nntrain.config.dotted_paths import below, child, names_of
from nntrain.config.field_types import UNKNOWN, Field, FieldType, Section
from nntrain.config.nodes import Node, node_of
from nntrain.config.problems import Mark
from nntrain.messages import join, show, suggest

FACTS = ("classes", "features", "vocabulary", "outputs", "input_shape")


class DatasetFacts(Protocol):
    """What `$dataset.x` may refer to, for each x of FACTS; None: the dataset has no such fact."""

    @property
    def classes(self) -> int | None:
        """Number of classes, where targets are labels."""
        ...

    @property
    def features(self) -> int | None:
        """Numbers in one example; of a sequence, in one step."""
        ...

    @property
    def vocabulary(self) -> int | None:
        """Number of symbols, where the inputs are symbols."""
        ...

    @property
    def outputs(self) -> int | None:
        """Number of values that are learned, where targets are values."""
        ...

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, without the batch axis."""
        ...

    @property
    def target(self) -> str:
        """`labels` or `values`."""
        ...


REFERENCE = r"\$(?:\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}|([\w-]+(?:\.[\w-]+)*))"


class Unknown(Exception):
    """A reference to nothing; or, `later`, to a fact that is known only when the data are loaded."""

    def __init__(self, message: str, later: bool = False):
        super().__init__(message)
        self.later = later


def reference(node: Node) -> str | None:
    """The dotted path that a scalar refers to, or None where it is no reference."""
    if not isinstance(node.value, str) or not node.value.startswith("$"):
        return None
    found = re.fullmatch(REFERENCE, node.value)
    return (found[1] or found[2]) if found else None


class References:
    """Looks references up in the whole config, and in the facts of the dataset.

    facts        of the loaded dataset, or None
    before_data  there are no facts yet, but there will be
    """

    def __init__(self, root: Node, type_: FieldType, facts: DatasetFacts | None = None, *, before_data: bool = False):
        self._root = root
        self._type = type_
        self._facts = facts
        self._before_data = before_data
        self._found: dict[str, Node] = {}

    def find(self, path: str) -> Node:
        """The value that `path` names; a default counts as written.  Raises Unknown."""
        if path not in self._found:
            self._found[path] = self._look_up(path)
        return self._found[path]

    def _look_up(self, path: str) -> Node:
        mark = self._root.mark
        parts = path.split(".")
        if parts[0] == "dataset" and len(parts) == 2 and parts[1] in FACTS:
            return self._fact(path, parts[1], mark)
        node, type_ = self._root, self._type
        for i, part in enumerate(parts):
            known = below(node, type_)
            found = child(node, part)
            if found is None and (field := known.get(part)) is not None and field.default is not None:
                found = Node(mark, {}) if isinstance(field.type, Section) else _default_node(field.default(), mark)
            if found is None:
                raise Unknown(f"${path}: {_nothing(node, known, parts[:i], part)}")
            node, type_ = found, known[part].type if part in known else UNKNOWN
        return node

    def _fact(self, path: str, name: str, mark: Mark) -> Node:
        if self._before_data:
            raise Unknown(f"${path} is known only after the data are loaded", later=True)
        fact = getattr(self._facts, name, None)
        if fact is not None:
            return node_of(fact, mark)
        dataset = child(self._root, "dataset")
        written = child(dataset, name) if dataset else None
        if written is not None and written.value is not None:
            return written
        if self._facts is None:
            raise Unknown(f"${path} is known only after the data are loaded")
        there = [f"$dataset.{name}" for name in FACTS if getattr(self._facts, name, None) is not None]
        reason = ", its targets are values" if name == "classes" and self._facts.target == "values" else ""
        raise Unknown(f"${path}: this dataset has no {name}{reason}; it has {join(there, 'and')}")


def _default_node(value: object, mark: Mark) -> Node | None:
    return node_of(value, mark) if value is None or isinstance(value, (bool, int, float, str, tuple)) else None


def _nothing(node: Node, known: dict[str, Field], before: list[str], part: str) -> str:
    names = [*known]
    if isinstance(node.value, dict):
        names += [name for name in node.value if name not in known]
    elif isinstance(node.value, list):
        names = names_of(node.value)
    if before == ["dataset"]:
        names += [fact for fact in FACTS if fact not in names]
    where = f"in {'.'.join(before)}" if before else "in this config"
    return f"there is no {show(part)} {where}{suggest(part, names)}"
