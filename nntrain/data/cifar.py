"""CIFAR-10 from the files of its binary version."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.download import cache_folder, fetch
from nntrain.data.facts import Facts
from nntrain.errors import DataError

ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
FILES = {"train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)), "test": ("test_batch.bin",)}
_RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue planes


@component("cifar10")
class CIFAR10(ArrayDataset):
    """Small photographs (3, 32, 32) in 0 … 1 of 10 classes: 50,000 for training, 10,000 for testing.

    Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.
    """

    scale = 1 / 255
    seeded = False
    url = "https://www.cs.toronto.edu/~kriz/" + ARCHIVE
    sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    label_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    root: Path | None = arg(
        f"folder of the .bin files or of {ARCHIVE}; default: downloaded once into the cache folder", default=None
    )

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        folder = cache_folder(self.type) if self.root is None else self.root
        contents = _from_folder(folder) or _from_folder(folder / FOLDER)
        if contents is None:
            archive = folder / ARCHIVE
            if self.root is None and not archive.is_file():
                fetch(self.url, archive, self.sha256)
            contents = _from_archive(archive)
        return {part: self._examples([(name, contents[name]) for name in names]) for part, names in FILES.items()}

    def facts(self, train: Examples) -> Facts:
        return Facts(train.inputs.shape[1:], "labels", classes=10, label_names=self.label_names)

    def _examples(self, files: list[tuple[str, tuple[Path, bytes]]]) -> Examples:
        records = []
        for _, (path, content) in files:
            if not content or len(content) % _RECORD:
                raise DataError(f"{path}: error: {len(content)} bytes, expected records of {_RECORD}")
            batch = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
            if batch[:, 0].max() > 9:
                wrong = int(batch[:, 0].argmax())
                raise DataError(f"{path}:{wrong + 1}: error: label {batch[wrong, 0]}, expected 0 to 9")
            records.append(batch)
        every = np.concatenate(records)
        return Examples(every[:, 1:].reshape(-1, 3, 32, 32), every[:, 0].copy(), str(files[0][1][0]))


def _from_folder(folder: Path) -> dict[str, tuple[Path, bytes]] | None:
    """Path and content of every file by name; None where the folder has none of them."""
    paths = [folder / name for names in FILES.values() for name in names]
    if not any(path.is_file() for path in paths):
        return None
    try:
        return {path.name: (path, path.read_bytes()) for path in paths}
    except OSError as error:
        raise DataError(f"{error.filename}: error: {error.strerror}") from error


def _from_archive(archive: Path) -> dict[str, tuple[Path, bytes]]:
    wanted = {name for names in FILES.values() for name in names}
    contents = {}
    try:
        with gzip.open(archive) as stream:
            with tarfile.open(fileobj=stream) as tar:
                for member in tar:
                    name = Path(member.name).name
                    if name in wanted and member.isfile() and (file := tar.extractfile(member)) is not None:
                        contents[name] = archive / member.name, file.read()
            while stream.read(1 << 20):  # gzip's checksum stands at the end, behind the end that tar looks for
                pass
    except FileNotFoundError as error:
        raise DataError(
            f"{archive}: error: no such file, nor {FILES['train'][0]} and the others; root must hold CIFAR-10's "
            "binary version"
        ) from error
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{archive}: error: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if missing := sorted(wanted - contents.keys()):
        raise DataError(f"{archive}: error: no {missing[0]} in it")
    return contents
