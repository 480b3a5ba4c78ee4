"""Folders of image files, one folder a class."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike

from nntrain.components import arg, component
from nntrain.data.arrays import ArrayDataset, ArrayPart, Examples, Inputs
from nntrain.data.facts import Facts
from nntrain.data.parts import Part
from nntrain.data.source_files import Source
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Shape

SUFFIXES = (".png", ".jpg", ".jpeg")


@component("images")
class Images(ArrayDataset):
    """PNG and JPEG files in one folder for each class: images (C, H, W) in 0 … 1.  Needs Pillow.

    The classes are the folders' names in alphabetical order.  `validation` and `test` may be such folders too.
    """

    takes_files = True
    scale = 1 / 255
    path: Path = arg("folder that holds a folder of images for each class")
    size: int | tuple[int, int] | None = arg(
        "height and width that every image is scaled to; default: all must have the same", default=None, ge=1, le=10_000
    )
    color: Literal["rgb", "gray"] = arg("channels: 3 or 1", default="rgb")

    def sources(self, seed: int, facts: Facts | None) -> dict[str, Examples]:
        folders = {"train": self.path}
        folders |= {part: given for part in ("validation", "test") if isinstance(given := getattr(self, part), Path)}
        names = _classes(self.path) if facts is None else list(facts.label_names or ())
        size = (self.size, self.size) if isinstance(self.size, int) else self.size
        sources: dict[str, Examples] = {}
        for part, folder in folders.items():
            found = _classes(folder)
            if unknown := [name for name in found if name not in names]:
                raise DataError(f"{folder / unknown[0]}: error: no such class; expected {', '.join(names)}")
            files = [(file, k) for k, name in enumerate(names) if name in found for file in _files(folder / name)]
            shape = sources["train"].inputs.shape[1:] if "train" in sources else None
            X = decode([file for file, _ in files], self.color, size, shape)
            sources[part] = Examples(X, np.array([k for _, k in files]), str(folder))
        return sources

    def facts(self, train: Examples) -> Facts:
        names = _classes(self.path)
        if len(names) < 2:
            raise DataError(f"{self.path}: error: one class; a classification needs two folders")
        return Facts(train.inputs.shape[1:], "labels", classes=len(names), label_names=tuple(names))

    def read_inputs(self, source: Source, facts: Facts, dtype: DTypeLike) -> Part:
        from nntrain.data import inputs

        if not isinstance(source, Path) or source.suffix.lower() in (*inputs.TABLES, *inputs.ARRAYS):
            return super().read_inputs(source, facts, dtype)
        if not source.is_dir() and source.suffix.lower() not in SUFFIXES:
            what = "expected a PNG or JPEG file, a folder of them, or a file .npy, .npz or .csv"
            raise DataError(f"{source}: error: {what if source.exists() else 'no such file or folder'}")
        files = _files(source) if source.is_dir() else [source]
        C, H, W = facts.input_shape
        size = (H, W) if self.size is not None else None
        X = decode(files, "gray" if C == 1 else "rgb", size, facts.input_shape)
        return ArrayPart(Inputs(X, dtype, facts.preparation), None, None)


def _classes(folder: Path) -> list[str]:
    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: error: {error.strerror}") from error
    if not names:
        raise DataError(f"{folder}: error: holds no folder; expected one for each class")
    return names


def _files(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise DataError(f"{folder}: error: {error.strerror}") from error
    if not files:
        raise DataError(f"{folder}: error: no PNG or JPEG file in it")
    return files


def decode(files: list[Path], color: str, size: tuple[int, int] | None, shape: Shape | None = None) -> Array:
    """(N, C, H, W) as uint8, scaled to `size` where it is given; all of `shape`, or of the first one's.

    Raises DataError.
    """
    try:
        from PIL import Image  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise DataError(
            f"{files[0]}: error: reading images needs Pillow; install it with: pip install 'nntrain[images]'"
        ) from None
    X = None if shape is None else np.empty((len(files), *shape), np.uint8)
    for i, file in enumerate(files):
        try:
            if file.exists() and not file.is_file():
                raise OSError("not a file")  # opening a pipe would wait for ever
            # Pillow warns of odd palettes and of large images in lines that name no file
            with warnings.catch_warnings(action="ignore"), Image.open(file) as opened:
                image: Any = opened
                if opened.mode.startswith("I"):  # 16 bits of grey, all of which above 255 `convert` makes white
                    image = Image.fromarray((np.asarray(opened).astype(np.uint32) >> 8).astype(np.uint8))
                image = image.convert("L" if color == "gray" else "RGB")
                if size is not None and image.size != size[::-1]:
                    image = image.resize(size[::-1], Image.Resampling.BILINEAR)
                pixels = np.asarray(image, np.uint8)
        except Exception as error:  # whatever a damaged file does to a decoder
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            raise DataError(f"{file}: error: cannot be read: {reason}") from error
        pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        if X is None:
            X = np.empty((len(files), *pixels.shape), np.uint8)
        if pixels.shape != X.shape[1:]:
            (height, width), (H, W) = pixels.shape[1:], X.shape[2:]
            raise DataError(
                f"{file}: error: {height} × {width} pixels, expected {H} × {W}; set dataset.size to scale all images"
            )
        X[i] = pixels
    assert X is not None
    return X
