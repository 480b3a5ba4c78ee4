"""Checkpoints brought back to life, and measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nntrain.builder import Model, Networks, model_of
from nntrain.config import Config
from nntrain.data.facts import Facts
from nntrain.errors import CheckpointError, ConfigError
from nntrain.files import checkpoint
from nntrain.files.json_fields import Fields, WrongFieldsError
from nntrain.files.storage import naming
from nntrain.inference.totals import METRIC
from nntrain.model.shapes import Array
from nntrain.plugins import Imports, missing

LEARNED = "optimizer/theta/"  # before the name of a parameter whose saved value is an average: what training has


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Its hashes may be right, and what it says wrong all the same: another program can write those, too.

    Errors of our own code pass: a traceback tells more of them than a word about the file.
    """
    try:
        yield
    except WrongFieldsError as error:
        what = str(error).replace("\n", " ")
        raise CheckpointError(
            f"{path}: not a good checkpoint: nntrain does not write such a manifest ({what})"
        ) from error


def find_checkpoint(path: Path, which: str = "best") -> tuple[Path, str | None]:
    """The file that `path`, a checkpoint or a run directory, means; and a warning where it is not the one asked for."""
    if path.suffix.lower() in (".yaml", ".yml"):
        raise CheckpointError(f"{path}: a config holds no parameters; give a checkpoint or the run directory of a fit")
    if not path.is_dir():
        return path, None
    wanted, last = path / "checkpoints" / f"{which}.npz", path / "checkpoints" / "last.npz"
    with naming(path / "checkpoints", "cannot be read"):
        there = [file for file in (wanted, last) if file.exists()]
    if wanted in there:
        return wanted, None
    if there:
        return last, f"{path} has no {which} checkpoint; taking the last"
    raise CheckpointError(f"{path}: no checkpoint in it")


@dataclass
class Loaded(Model):
    """A checkpoint brought back to life."""

    saved: checkpoint.Checkpoint
    path: Path


def load(path: Path) -> Loaded:
    """Networks with the parameters of a checkpoint file; needs no data.  Raises CheckpointError."""
    return brought_to_life(checkpoint.read(path), path)


def brought_to_life(saved: checkpoint.Checkpoint, path: Path) -> Loaded:
    """`load`, of a file that has been read.  Raises CheckpointError."""
    try:
        with reading(path):
            manifest = Fields(saved.manifest, "manifest")
            if text := missing(imports_of(manifest)):
                raise CheckpointError(f"{path}: {text}")
            settings = Config.from_dict(manifest.mapping("config"))
            facts = Facts.from_json(manifest.value("dataset"))
        model = model_of(settings, facts)
    except ConfigError as error:
        raise CheckpointError(f"{path}: its config does not make a network: {error}") from error
    load_arrays(saved, model.networks, path)
    return Loaded(settings, facts, model.networks, saved, path)


def imports_of(manifest: Fields) -> Imports:
    """The components that are not nntrain's own, by what --import named.  Raises WrongFieldsError."""
    if "imports" not in manifest:
        return {}
    imports = manifest.fields("imports")
    return {given: [*imports.texts(given)] for given in imports.names()}


def check_arrays(saved: checkpoint.Checkpoint, expected: Mapping[str, Array], path: Path) -> None:
    """Raise CheckpointError unless the checkpoint holds exactly these arrays, and sums of metrics.

    A best checkpoint of averaged parameters has, beside them, those that training goes on with.
    """
    for name, view in expected.items():
        _fitting(saved, name, view, path)
    for name, array in saved.arrays.items():
        of = name.removeprefix(LEARNED)
        if of != name and of in expected:
            if array.shape != expected[of].shape or array.dtype != expected[of].dtype:
                raise CheckpointError(f"{path}: {name} is {array.dtype} {array.shape}, and {of} is not")
        elif name not in expected and not name.startswith(METRIC):
            raise CheckpointError(f"{path}: holds {name}, which the config does not declare")


def load_arrays(saved: checkpoint.Checkpoint, networks: Networks, path: Path) -> None:
    """Put the checkpoint's parameters into the networks."""
    for network in networks.values():
        for name, view in network.layout.arrays(network.theta).items():
            view[...] = _fitting(saved, name, view, path)


def _fitting(saved: checkpoint.Checkpoint, name: str, view: Array, path: Path) -> Array:
    array = saved.arrays.get(name)
    if array is None:
        raise CheckpointError(f"{path}: lacks {name} {view.shape}, which its config declares")
    if array.shape != view.shape or array.dtype != view.dtype:
        raise CheckpointError(
            f"{path}: {name} is {array.dtype} {array.shape}, and its config declares {view.dtype} {view.shape}"
        )
    return array
