"""A beginning for the next run: initial values that are another network's parameters, as `start` says."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nntrain.builder import Model
from nntrain.config.settings import Start
from nntrain.data.packed import is_far_too_large
from nntrain.errors import CheckpointError, ConfigError, NNTrainError
from nntrain.files import checkpoint, safetensors
from nntrain.files.plain_values import JsonObject
from nntrain.inference import from_torch
from nntrain.inference.load import find_checkpoint
from nntrain.inference.totals import METRIC
from nntrain.messages import did_you_mean, join, show
from nntrain.model.parameters import matches
from nntrain.model.shapes import Array

_SHOWN = 4  # names in one line


@dataclass(frozen=True)
class Taken:
    """What came of `start`.

    source   where the parameters are from
    names    those of this network that have values of the other
    left     the others that were asked for, with the reason
    unused   names of the other network's that nobody took
    """

    source: str
    names: tuple[str, ...]
    left: Mapping[str, str]
    unused: tuple[str, ...]

    def told(self) -> Iterator[str]:
        """What a person should know, a line each."""
        asked = len(self.names) + len(self.left)
        yield f"start: {len(self.names)} of {asked} parameters are those of {self.source}"
        for reason in dict.fromkeys(self.left.values()):
            names = [name for name, why in self.left.items() if why == reason]
            yield f"start: not taken: {_some(names)}: {reason}"
        if self.unused:
            yield f"start: not used: {_some(self.unused)} of {self.source}"

    def as_json(self) -> JsonObject:
        """As meta.json keeps it."""
        return {"from": self.source, "taken": list(self.names), "not_taken": dict(self.left)}


def begin(model: Model) -> Taken | None:
    """Give a model, whose initial values are drawn, those that its config's `start` names; None where it names none.

    Raises ConfigError for a pattern or a name that fits nothing, CheckpointError where nothing can be taken.
    """
    start = model.config.start
    if start is None:
        return None
    there, source = read_parameters(start.from_)
    mine: dict[str, Array] = {}
    types: dict[str, str] = {}
    for network in model.networks.values():
        mine |= network.layout.arrays(network.theta)
        types |= from_torch.by_type(network)
    _check(start, [*mine], [*there], model)
    names, left = [], {}
    used: set[str] = set()
    for name, view in mine.items():
        if start.layers and not matches(name, start.layers):
            continue
        old = _old_name(name, start.map or {})
        found, names_there = there.get(old), {old}
        place = _layer(name, types)
        by_torch = from_torch.found(there, types[place], name.removeprefix(f"{place}."), old)
        if by_torch is not None:
            found, names_there = by_torch
        if found is None:
            left[name] = "there is none of its name" if old == name else f"there is no {old}"
        elif not _fits(found, view):
            left[name] = f"there it is {found.shape}, here {view.shape}"
        elif not np.isfinite(found).all():
            raise CheckpointError(f"start: {old} of {source} has numbers that are not finite")
        else:
            view[...] = found.reshape(view.shape)
            names.append(name)
            used |= names_there
    if not names:
        why = "; ".join(f"{name}: {reason}" for name, reason in [*left.items()][:_SHOWN])
        raise CheckpointError(f"start: no parameter of {source} fits: {why}")
    unused = (name for name in there if name not in used and not name.endswith(from_torch.IGNORED))
    return Taken(source, tuple(names), left, tuple(unused))


def read_parameters(path: Path) -> tuple[dict[str, Array], str]:
    """The parameters in a run directory (its best checkpoint), a checkpoint, a .safetensors or a plain .npz file, by
    name, and the file that they are from.  Raises CheckpointError, StorageError."""
    file, _ = find_checkpoint(path)
    try:
        if file.suffix.lower() == ".safetensors":
            with checkpoint.opened(file) as (stream, size):
                return _numbers(safetensors.load(stream.read(size))[0]), str(file)
        with checkpoint.opened(file) as (stream, _), np.load(stream, allow_pickle=False) as arrays:
            if any(is_far_too_large(info.compress_size, info.file_size) for info in arrays.zip.infolist()):
                raise CheckpointError(f"{file}: it unpacks to far more than parameters do")
            if any(name.endswith("data.pkl") for name in arrays.files):
                raise ValueError("torch.save wrote it; let safetensors.torch.save_file write the parameters")
            if checkpoint.MANIFEST not in arrays.files:
                return _numbers({name: arrays[name] for name in arrays.files}), str(file)
    except NNTrainError:
        raise
    except Exception as error:  # of a damaged archive NumPy raises what it meets
        if file.suffix.lower() != ".npz":
            what = f": {error}" if isinstance(error, ValueError) and "pickle" not in str(error) else ""
            raise CheckpointError(
                f"{file}: no checkpoint, .safetensors or .npz file{what}".replace("\n", " ")
            ) from None
        if "allow_pickle" in str(error) and file.read_bytes()[:2] == b"PK":
            raise CheckpointError(f"{file}: it holds objects of Python; expected arrays of numbers") from None
    saved = checkpoint.read(file)
    own = {name: array for name, array in saved.arrays.items() if not name.startswith((checkpoint.OPTIMIZER, METRIC))}
    return own, str(file)


def _numbers(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array for name, array in arrays.items() if array.dtype.kind in "fiu"}


def _check(start: Start, mine: list[str], there: list[str], model: Model) -> None:
    """Every pattern and every name of `start` means something."""
    problems = []
    for pattern in start.layers:
        if not any(matches(name, [pattern]) for name in mine):
            problems.append(f"layers: no parameter is called {show(pattern)}{_near(pattern, mine)}")
    for new, old in (start.map or {}).items():
        for name, names, where in ((new, mine, "here"), (old, there, f"in {start.from_}")):
            if not any(one == name or one.startswith(f"{name}.") for one in names):
                problems.append(f"map: no parameter {where} is called {show(name)}{_near(name, names)}")
    if problems:
        raise ConfigError(*(model.config.place(start).error(problem) for problem in problems))


def _near(name: str, names: list[str]) -> str:
    return did_you_mean(name, [*dict.fromkeys(one.rpartition(".")[0] for one in names), *names])


def _old_name(name: str, renamed: Mapping[str, str]) -> str:
    """The name that a parameter has in the other network: the longest new name that begins it is replaced."""
    for new in sorted(renamed, key=len, reverse=True):
        if name == new or name.startswith(f"{new}."):
            return renamed[new] + name[len(new) :]
    return name


def _layer(name: str, places: Container[str]) -> str:
    """The place of the layer that has a parameter."""
    while name and name not in places:
        name = name.rpartition(".")[0]
    return name


def _fits(found: Array, view: Array) -> bool:
    """One shape; or a column (n, 1), which other programs keep as (n,)."""
    return found.shape == view.shape or (view.ndim == 2 and view.shape == (*found.shape, 1))


def _some(names: list[str] | tuple[str, ...]) -> str:
    return join([*names[:_SHOWN], *([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])], "and")
