"""Folders of image files, one folder a class."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.array_part import ArrayPart, Inputs
from nntrain.data.arrays import ArrayDataset, Examples
from nntrain.data.facts import Facts
from nntrain.data.folders import folders_of_parts, holds_folders, listed
from nntrain.data.image_files import Found, check_background, decode, find_images, suffixes, told
from nntrain.data.parts import Part
from nntrain.data.source_files import Source
from nntrain.data.tables.column_doubts import likeness
from nntrain.errors import DataError


@component("images")
class Images(ArrayDataset):
    """Image files in one folder for each class: images (C, H, W) in 0 … 1.  Needs Pillow, and reads what Pillow does.

    The classes are the folders' names in alphabetical order.  `validation` and `test` may be such folders too; folders
    train, val and test in `path`, with those of the classes in them, are the parts, which is said.

    Pixels are those that a viewer shows: turned as the EXIF orientation says, transparent ones over `background`, of 16
    bits the 8 highest.  What is left out is told.  `nntrain predict` takes files and folders.
    """

    takes_files = True
    seeded = False
    scale = 1 / 255
    path: Path = arg("folder that holds a folder of images for each class")
    size: int | tuple[int, int] | None = arg(
        "height and width that every image is scaled to; default: all must have the same", default=None, ge=1, le=10_000
    )
    color: Literal["rgb", "gray"] = arg("channels: 3 or 1", default="rgb")
    background: str = arg("behind transparent pixels: white, black, #rrggbb", default="white", kw_only=True)

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        check_background(self.background, self.path)
        warnings: list[str] = []
        folders = self._folders(warnings)
        names = _classes(folders["train"]) if facts is None else list(facts.label_names or ())
        size, ends = (self.size, self.size) if isinstance(self.size, int) else self.size, suffixes()
        sources: dict[str, Examples] = {}
        for part, folder in folders.items():
            found = _classes(folder)
            if unknown := [name for name in found if name not in names]:
                raise DataError(f"{folder / unknown[0]}: error: no such class; expected {', '.join(names)}")
            images: dict[str, Found] = {name: find_images(folder / name, ends) for name in found}
            beside = [path for path in listed(folder) if path.is_file()]
            warnings += told(folder, list(images.values()), beside)
            files = [(file, names.index(name)) for name in names if name in images for file in images[name].files]
            shape = sources["train"].inputs.shape[1:] if "train" in sources else None
            X = decode([file for file, _ in files], self.color, size, shape, self.background, warnings)
            if facts is None and (absent := [name for name in names if name not in found]):
                warnings.append(f"{folder}: no folder {', '.join(absent)}: the {part} part has no example of it")
            sources[part] = Examples(X, np.array([k for _, k in files]), str(folder))
        warnings += likeness(str(folders["train"]), names) if facts is None else []
        sources["train"].warnings = warnings
        return sources

    def _folders(self, warnings: list[str]) -> dict[str, Path]:
        """The folder of each part that has one of its own."""
        folders = folders_of_parts(self.path, warnings) or {"train": self.path}
        for part in ("validation", "test"):
            if isinstance(given := getattr(self, part), Path):
                folders[part] = given
        return folders

    def facts(self, train: Examples) -> Facts:
        names = _classes(Path(train.source))
        if len(names) < 2:
            inner = Path(train.source, names[0])
            hint = f"; {names[0]} holds folders: path: {inner} reads these" if holds_folders(inner) else ""
            raise DataError(f"{train.source}: error: one class; a classification needs two folders{hint}")
        return Facts(train.inputs.shape[1:], "labels", classes=len(names), label_names=tuple(names))

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data import inputs

        if not isinstance(source, Path) or source.suffix.lower() in (*inputs.TABLES, *inputs.ARRAYS):
            return super().read_inputs(source, facts, dtype)
        ends = suffixes()
        if not source.is_dir() and source.suffix.lower() not in ends:
            what = "expected an image such as a PNG or JPEG file, a folder of them, or a file .npy, .npz or .csv"
            raise DataError(f"{source}: error: {what if source.exists() else 'no such file or folder'}")
        found = find_images(source, ends) if source.is_dir() else Found([source], 0, [])
        C, H, W = facts.input_shape
        size = (H, W) if self.size is not None else None
        tell: list[str] = []
        X = decode(found.files, "gray" if C == 1 else "rgb", size, facts.input_shape, self.background, tell)
        part = ArrayPart(Inputs(X, dtype, facts.preparation), None, None)
        part.files = [str(file) for file in found.files]
        part.warnings = told(source, [Found(found.files, 0, found.others)], []) + tell
        return part


def _classes(folder: Path) -> list[str]:
    names = [path.name for path in listed(folder) if path.is_dir()]
    if not names:
        raise DataError(f"{folder}: error: holds no folder; expected one for each class")
    return names
