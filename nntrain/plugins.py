"""Components of one's own: Python files and modules that --import names.

A config executes nothing: what it can declare has to be imported by whoever runs it.  A run remembers what that was.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping

from nntrain.components import KINDS, Component, find
from nntrain.errors import ConfigError
from nntrain.messages import by_door, did_you_mean, escape, shell_word

Imports = dict[str, list[str]]  # what --import named, or a module -> the components that a run takes from it

_given: dict[str, str] = {}  # module -> what --import named
_came_with: dict[tuple[str, str], str] = {}  # kind and name of a component -> what --import named


def import_from(given: str) -> None:
    """Import FILE.py, or a module by its name: the components in it can then be declared.

    What it imports itself is looked for in its own directory too (of a module: in the current one), after all others.
    To import it twice does nothing.  Raises ConfigError.
    """
    is_file, path, module = _place(given)
    if module in _given:
        return
    if is_file and not os.path.isfile(path):
        raise _error(given, f"no such file{_similar_files(given)}")
    if not is_file and not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", given):
        raise _error(given, "expected FILE.py or the name of a module")
    directory = os.path.dirname(path) if is_file else os.getcwd()
    if directory not in sys.path:
        sys.path.append(directory)
    before = _registered()
    try:
        if is_file:
            _import_file(path, module)
        else:
            importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise _error(given, _reason(error, given)) from error
    _given[module] = given
    _came_with.update(dict.fromkeys(_registered() - before, given))


def forget(given: str) -> None:
    """Undo `import_from`, so that a file that has changed can be imported anew."""
    _, _, module = _place(given)
    _given.pop(module, None)
    sys.modules.pop(module, None)
    for kind in KINDS:
        find(kind).forget(module)


def _place(given: str) -> tuple[bool, str, str]:
    """Whether it is a file; its path; the module's name, which of a file is one that no `import` can find."""
    is_file = given.endswith(".py") or os.sep in given
    path = os.path.realpath(given)
    return is_file, path, f"nntrain import {path}" if is_file else given


def _registered() -> set[tuple[str, str]]:
    return {(kind, name) for kind in KINDS for name in find(kind).registered}


def _import_file(path: str, name: str) -> None:
    """The file as a module of that name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        forget(path)
        raise


def _error(given: str, message: str) -> ConfigError:
    return ConfigError(f"--import {escape(given, 500)}: error: {message}")


def _reason(error: Exception | SystemExit, given: str) -> str:
    """What went wrong, and in which line, in one line."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {type(error).__name__}: {error.msg}"
    if isinstance(error, ModuleNotFoundError) and error.name and given.split(".")[0] == error.name.split(".")[0]:
        hint = f"; for a file give --import {given}.py" if os.path.isfile(f"{given}.py") else ""
        return f"no module {error.name!r} is installed, or stands in this directory{hint}"
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    place = f"{os.path.basename(places[-1].filename)}:{places[-1].lineno}: " if places else ""
    return escape(f"{place}{type(error).__name__}: {error}".replace("\n", " "), 300)


def _similar_files(given: str) -> str:
    folder, name = os.path.split(given)
    try:
        return did_you_mean(name, [entry for entry in os.listdir(folder or ".") if entry.endswith(".py")])
    except OSError:
        return ""


def taken_from(components: Iterable[object]) -> Imports:
    """What a run of these components needs beyond nntrain itself, as its checkpoints remember it."""
    taken: dict[str, set[str]] = {}
    for one in components:
        if isinstance(one, Component) and (module := type(one).__module__).split(".")[0] != "nntrain":
            given = _came_with.get((one.kind, one.type), module)
            taken.setdefault(given, set()).add(f"{one.kind}.{one.type}")
    return {given: sorted(names) for given, names in sorted(taken.items())}


def missing(imports: Mapping[str, Iterable[str]]) -> str | None:
    """What is not there of what a run took, and how to give it; None where all of it is there."""
    for given, names in imports.items():
        for name in names:
            kind, _, type_ = name.partition(".")
            if kind in KINDS and type_ not in find(kind):
                of_package = "" if given.endswith(".py") else ", or install its package"
                again = f"--import {shell_word(given)}; give it again{of_package}"
                first = f"{escape(given, 500)}; import that module first"
                return f"needs the {kind} {escape(type_)!r}, which came with {by_door(again, first)}"
    return None


def arguments() -> list[str]:
    """The --import of this process, for one that it starts."""
    return [word for given in _given.values() for word in ("--import", given)]
