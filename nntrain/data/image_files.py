"""Image files as arrays: which files of a folder are images, and the pixels that a viewer shows."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nntrain.data.folders import listed
from nntrain.data.packed import refuse_if_far_too_large
from nntrain.data.png_files import check_png
from nntrain.errors import DataError
from nntrain.model.shapes import Array, Shape

ALWAYS = (".png", ".jpg", ".jpeg")
_NO_PICTURES = ("PDF", "EPS", "PS", "MPEG", "HDF5", "GRIB", "BUFR", "FITS", "WMF")  # Pillow knows their names
_LARGE = 1 << 22  # bytes of pixels


@dataclass
class Found:
    """files    the images of a folder, of those in it too
    nested   how many of them lie in folders in it
    others   files that are no images
    """

    files: list[Path]
    nested: int
    others: list[Path]


def suffixes() -> frozenset[str]:
    """Of what Pillow reads; PNG and JPEG alone where there is none, as the error about that names a file."""
    try:
        from PIL import Image  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return frozenset(ALWAYS)
    known: dict[str, str] = Image.registered_extensions()
    return frozenset(end for end, form in known.items() if form in Image.OPEN and form not in _NO_PICTURES)


def find_images(folder: Path, ends: frozenset[str], depth: int = 0) -> Found:
    """The images in a folder and in folders in it; hidden files and their like are passed over.  Raises DataError."""
    found = Found([], 0, [])
    for path in listed(folder):
        if path.is_dir() and not path.is_symlink():  # which may lead in circles
            inner = find_images(path, ends, depth + 1)
            found.files += inner.files
            found.nested += len(inner.files)
            found.others += inner.others
        elif path.suffix.lower() in ends:
            found.files.append(path)
        else:
            found.others.append(path)
    if not found.files and depth == 0:
        raise DataError(f"{folder}: error: no image in it, such as a PNG or JPEG file")
    return found


def told(folder: Path, found: list[Found], beside: list[Path]) -> list[str]:
    """Words about what of a folder was read that may not have been meant, and what was not.

    beside   files that lie where folders of classes were expected
    """
    words, nested = [], sum(one.nested for one in found)
    if nested:
        words.append(f"{folder}: {nested} images lie in folders inside those of their classes; they count to these")
    others = [*beside, *(path for one in found for path in one.others)]
    if others:
        count = f"{len(others)} files are" if len(others) > 1 else "a file is"
        ends = Counter(path.suffix.lower() or "no suffix" for path in others)
        shown = ", ".join(f"{number} {end}" for end, number in ends.most_common(3))
        where = "no image of a class"
        words.append(f"{folder}: {count} {where}: left out ({others[0].relative_to(folder)}; {shown})")
    return words


def decode(
    files: list[Path],
    color: str,
    size: tuple[int, int] | None,
    shape: Shape | None,
    background: str,
    tell: list[str],
) -> Array:
    """(N, C, H, W) as uint8, scaled to `size` where it is given; all of `shape`, or of the first one's.

    tell   is told of what of a file was not read
    Raises DataError.
    """
    try:
        from PIL import Image
    except ImportError:
        raise DataError(
            f"{files[0]}: error: reading images needs Pillow; install it with: pip install 'nntrain[images]'"
        ) from None
    X = None if shape is None else np.empty((len(files), *shape), np.uint8)
    moving: list[Path] = []
    for i, file in enumerate(files):
        try:
            if file.exists() and not file.is_file():
                raise OSError("not a file")  # opening a pipe would wait for ever
            check_png(file)
            # Pillow warns of odd palettes and of large images in lines that name no file
            with warnings.catch_warnings(action="ignore"), Image.open(file) as opened:
                size_of_all = opened.width * opened.height * max(1, len(opened.getbands()))
                refuse_if_far_too_large(str(file), file.stat().st_size, size_of_all, "leave it out")
                if getattr(opened, "n_frames", 1) > 1 and opened.format != "MPO":  # whose others are as a rule previews
                    moving.append(file)
                if size is None and X is not None and sorted(opened.size) != sorted(X.shape[2:]):
                    raise _other_size(file, opened.size, (X.shape[3], X.shape[2]))
                if size is None and X is None and size_of_all > _LARGE:
                    _same_sizes(files[1:], opened.size)
                image = as_seen(opened, "L" if color == "gray" else "RGB", background)
                if size is not None and image.size != size[::-1]:
                    image = image.resize(size[::-1], Image.Resampling.BILINEAR)
                pixels = np.asarray(image, np.uint8)
        except DataError:
            raise
        except Exception as error:  # whatever a damaged file does to a decoder
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            raise DataError(f"{file}: error: cannot be read: {reason}") from error
        pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        if X is None:
            X = np.empty((len(files), *pixels.shape), np.uint8)
        if pixels.shape != X.shape[1:]:
            raise _other_size(file, (pixels.shape[2], pixels.shape[1]), (X.shape[3], X.shape[2]))
        X[i] = pixels
    assert X is not None
    if moving:
        what = f"{len(moving)} files have" if len(moving) > 1 else "it has"
        tell.append(f"{moving[0]}: {what} several pictures, as films do: the first is read")
    return X


def _same_sizes(files: list[Path], first: tuple[int, int]) -> None:
    """Raise DataError where a file says another size than the first one's, as far as turning it does not mend that."""
    from PIL import Image

    for file in files:
        size = first
        with suppress(Exception):  # of which its decoding tells
            if file.is_file():
                with Image.open(file) as opened:
                    size = opened.size
        if sorted(size) != sorted(first):
            raise _other_size(file, size, first)


def _other_size(file: Path, size: tuple[int, int], expected: tuple[int, int]) -> DataError:
    """Both (width, height)."""
    (width, height), (W, H) = size, expected
    hint = "set dataset.size to scale all images"
    return DataError(f"{file}: error: {height} × {width} pixels, expected {H} × {W}; {hint}")


def as_seen(opened: Any, mode: str, background: str) -> Any:
    """An opened image as a viewer shows it, in the mode L or RGB: turned as its EXIF orientation says, transparent
    pixels over the background, of 16 bits of gray the 8 highest."""
    from PIL import Image, ImageColor, ImageOps

    ImageOps.exif_transpose(opened, in_place=True)
    image = opened
    if image.mode.startswith(("I", "F")):  # all above 255 `convert` would make white
        pixels, most = np.asarray(image), 255 if image.mode == "F" else 65535
        if not (pixels.min() >= 0 and 1 < pixels.max() <= most) and pixels.any():
            what = f"pixels from {pixels.min():g} to {pixels.max():g}, expected 0 to {most}; save it as 8 or 16 bits"
            raise ValueError(what)
        image = Image.fromarray((pixels if image.mode == "F" else pixels.astype(np.uint32) >> 8).astype(np.uint8))
    if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        image = image.convert("RGBA")
        behind = Image.new("RGBA", image.size, ImageColor.getcolor(background, "RGBA"))
        image = Image.alpha_composite(behind, image)
    return image if image.mode == mode else image.convert(mode)


def check_background(background: str, place: Path) -> None:
    """Raise DataError for what is no colour.  Needs Pillow; where there is none, the first image says so."""
    try:
        from PIL import ImageColor
    except ImportError:
        return
    try:
        ImageColor.getrgb(background)
    except ValueError:
        raise DataError(
            f"{place}: error: background: {background!r} is no color; say white, gray, or #rrggbb"
        ) from None
