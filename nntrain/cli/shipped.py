"""The configs that come with nntrain: starters that are to be changed, and whole examples with their data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import nntrain
from nntrain.errors import ConfigError, StorageError
from nntrain.files.regular_files import read_regular
from nntrain.files.storage import naming, write_atomic
from nntrain.messages import show, suggest

SCHEMA = "nntrain.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA}\n"  # editors complete and check by it
STARTERS = (
    *("mlp", "cnn", "lstm", "gan", "csv"),
    *("images", "text", "names", "series", "autoencoder", "transfer"),
)
_HERE = Path(__file__).parent
_FILE = re.compile(r"data/[\w.-]+")


def examples() -> Path:
    """The directory of the examples: in the installed package, or in the checkout."""
    package = Path(nntrain.__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def names() -> list[str]:
    """Every name that init takes, starters first."""
    return [*STARTERS, *sorted(path.stem for path in examples().glob("*.yaml"))]


def source(name: str) -> Path:
    """The file of this name.  Raises ConfigError."""
    name = name.removesuffix(".yaml")
    path = _HERE / "templates" / f"{name}.yaml" if name in STARTERS else examples() / f"{name}.yaml"
    if name not in names():
        raise ConfigError(f"init: no config is called {show(name)}{suggest(name, names())}; nntrain init --list")
    return path


def text(name: str) -> str:
    """The config, with the line for editors on top."""
    return SCHEMA_LINE + source(name).read_text("utf-8")


def listing() -> Iterator[tuple[str, str]]:
    """Name and first sentence of each."""
    for name in names():
        lines = source(name).read_text("utf-8").splitlines()
        first = next((line for line in lines if line.startswith("# ")), "")
        yield name, re.split(r"(?<=[.:])\s{1,2}", first.lstrip("# "))[0].rstrip(":")


def needed(name: str) -> list[Path]:
    """The files that an example names: its data, and the config that it extends."""
    content = source(name).read_text("utf-8")
    lines = [line for line in content.splitlines() if not line.lstrip().startswith("#")]
    found = dict.fromkeys(match[0] for line in lines for match in _FILE.finditer(line))
    extended = [match[1] for line in lines if (match := re.fullmatch(r"extends:\s*(\S+)", line))]
    return [examples() / file for file in (*extended, *found) if (examples() / file).is_file()]


def write(name: str, folder: Path, schema: str) -> Path:
    """The config, the files that it names and the editors' schema in a directory; the config's path.

    Raises ConfigError for a file that is there already and is another.
    """
    path = folder / source(name).name
    files = {path: text(name).encode(), folder / SCHEMA: schema.encode()}
    files |= {folder / file.relative_to(examples()): file.read_bytes() for file in needed(name)}
    for file, content in files.items():
        try:
            there = read_regular(file) if os.path.lexists(file) else content
        except OSError as error:
            raise StorageError(f"{file}: cannot be read: {error.strerror}") from None
        if there != content and file.name != SCHEMA:
            raise ConfigError(f"{file}: exists already; choose another directory")
    for file, content in files.items():
        with naming(file.parent, "cannot be made"):
            file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, [content], durable=False)
    return path
