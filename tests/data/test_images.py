"""Folders of images: classes from folders, pixels from PNG and JPEG, errors that name the file."""

import os
import struct
import sys
import zlib
from contextlib import nullcontext

import numpy as np
import pytest

from nntrain.data import Images, image_files, png_files
from nntrain.errors import DataError


def test_without_pillow_the_error_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "cats").mkdir()
    (tmp_path / "dogs").mkdir()
    (tmp_path / "cats" / "a.png").write_bytes(b"")
    (tmp_path / "dogs" / "b.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match=r"a\.png: error: reading images needs Pillow; .*'nntrain\[images\]'"):
        Images(tmp_path).load(0, "float32")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "No such file"),
        (lambda p: p.mkdir(), "holds no folder; expected one for each class"),
        (
            lambda p: [(p / name).mkdir(parents=True) for name in "ab"],
            r"photos/a: error: no image in it, such as a PNG or JPEG file",
        ),
    ],
)
def test_folders_that_hold_nothing_are_named(tmp_path, make, words):
    make(tmp_path / "photos")
    with pytest.raises(DataError, match=words):
        Images(tmp_path / "photos").load(0, "float32")


@pytest.fixture
def photos(tmp_path):
    """photos/dog and photos/cat, 6 images of 5×7 pixels each, every one of one color."""
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: nothing to read images with")
    for k, name in enumerate(("dog", "cat")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for i in range(6):
            file = tmp_path / "photos" / name / f"{i}.{('png', 'jpg')[i % 2]}"
            image.new("RGB", (7, 5), (200 * k, 20 * i, 0)).save(file, quality=100)
    return tmp_path / "photos"


def test_classes_are_the_folders_in_alphabetical_order(photos):
    data = Images(photos, validation=0).load(0, "float32")
    assert data.facts.label_names == ("cat", "dog")
    assert data.facts.input_shape == (3, 5, 7)
    batch = data.parts["train"].batch(np.arange(12))
    assert batch.Y.tolist() == [0] * 6 + [1] * 6
    assert batch.X[0, 0, 0] == pytest.approx([200 / 255] * 6 + [0] * 6, abs=0.02)
    assert batch.X[1, 2, 3, 4] == pytest.approx(80 / 255, abs=1e-6)  # a PNG is exact


def test_sizes_are_scaled_and_colors_dropped_where_asked(photos):
    data = Images(photos, size=(4, 6), color="gray").load(0, "float32")
    assert data.facts.input_shape == (1, 4, 6)
    assert Images(photos, size=8).load(0, "float32").facts.input_shape == (3, 8, 8)


def test_sizes_must_agree_otherwise(photos):
    from PIL import Image

    Image.new("RGB", (9, 5)).save(photos / "cat" / "9.png")
    with pytest.raises(DataError, match=r"cat/9\.png: error: 5 × 9 pixels, expected 5 × 7; set dataset.size to scale"):
        Images(photos).load(0, "float32")


def test_a_part_of_another_size_is_not_scaled_unasked(photos, tmp_path):
    from PIL import Image

    (tmp_path / "test" / "dog").mkdir(parents=True)
    Image.new("RGB", (9, 5)).save(tmp_path / "test" / "dog" / "x.png")
    with pytest.raises(DataError, match=r"dog/x\.png: error: 5 × 9 pixels, expected 5 × 7; set dataset.size"):
        Images(photos, test=tmp_path / "test").load(0, "float32")
    assert Images(photos, size=8, test=tmp_path / "test").load(0, "float32").parts["test"].size == 1


@pytest.mark.parametrize("color", ["gray", "rgb"])
def test_16_bits_of_grey_keep_their_8_highest(photos, color):
    from PIL import Image

    grey = np.arange(35, dtype=np.uint16).reshape(5, 7) * 1800
    for file in photos.glob("cat/*.*"):
        file.unlink()
    Image.fromarray(grey).save(photos / "cat" / "deep.png")
    X = Images(photos, color=color, validation=0).load(0, "float64").parts["train"].batch(np.arange(1)).X
    np.testing.assert_allclose(X[..., 0], np.broadcast_to(grey // 256 / 255, X.shape[:3]))


def test_a_class_without_images_is_named(photos):
    (photos / "bird").mkdir()
    (photos / "bird" / "notes.txt").write_text("none yet")
    with pytest.raises(DataError, match=r"photos/bird: error: no image in it, such as a PNG or JPEG file$"):
        Images(photos).load(0, "float32")


def test_what_is_no_file_is_refused_and_not_waited_for(photos):
    os.mkfifo(photos / "cat" / "pipe.png")
    with pytest.raises(DataError, match=r"cat/pipe\.png: error: cannot be read: not a file"):
        Images(photos).load(0, "float32")


def test_warnings_of_the_decoder_stay_out_of_the_way(photos, recwarn):
    from PIL import Image

    palette = Image.new("P", (7, 5))
    palette.info["transparency"] = b"\x00\x80"
    palette.save(photos / "cat" / "palette.png")
    Images(photos).load(0, "float32")
    assert not recwarn


def test_a_checkpoint_measures_on_some_of_its_classes(photos, tmp_path):
    facts = Images(photos).load(0, "float32").facts
    (tmp_path / "some").mkdir()
    (photos / "dog").rename(tmp_path / "some" / "dog")
    data = Images(tmp_path / "some", validation=0).load(0, "float32", facts)
    assert set(data.parts["train"].batch(np.arange(6)).Y) == {1}


def test_a_damaged_image_is_named(photos):
    (photos / "dog" / "0.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"dog/0\.png: error: cannot be read"):
        Images(photos).load(0, "float32")
    whole = (photos / "dog" / "2.png").read_bytes()
    (photos / "dog" / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"dog/0\.png: error: cannot be read"):
        Images(photos).load(0, "float32")


def test_a_test_folder_has_the_classes_of_the_training_folder(photos, tmp_path):
    from PIL import Image

    (tmp_path / "test" / "dog").mkdir(parents=True)
    Image.new("RGB", (7, 5)).save(tmp_path / "test" / "dog" / "x.png")
    data = Images(photos, test=tmp_path / "test").load(0, "float32")
    assert data.parts["test"].batch(np.arange(1)).Y.tolist() == [1]
    (tmp_path / "test" / "bird").mkdir()
    with pytest.raises(DataError, match=r"test/bird: error: no such class; expected cat, dog"):
        Images(photos, test=tmp_path / "test").load(0, "float32")


def test_predict_takes_one_image_or_a_folder(photos):
    dataset = Images(photos)
    facts = dataset.load(0, "float32").facts
    assert dataset.read_inputs(photos / "cat", facts, "float32").size == 6
    one = dataset.read_inputs(photos / "dog" / "2.png", facts, "float32").batch(np.arange(1))
    assert one.X.shape == (3, 5, 7, 1)
    assert one.X[1, 0, 0, 0] == pytest.approx(40 / 255)
    (photos / "cat" / "x.doc").write_bytes(b"DOC")
    with pytest.raises(
        DataError, match=r"x\.doc: error: expected an image such as a PNG or JPEG file, a folder of them, or"
    ):
        dataset.read_inputs(photos / "cat" / "x.doc", facts, "float32")
    with pytest.raises(DataError, match=r"nowhere: error: no such file or folder"):
        dataset.read_inputs(photos / "nowhere", facts, "float32")


def shown_png(width, height, rows):
    """A PNG of gray pixels with so many of its rows, in two chunks of data."""
    packed = zlib.compress(bytes((width + 1) * rows))
    pieces = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", packed[:4]),
        (b"IDAT", packed[4:]),
    )
    end = (b"IEND", b"")
    chunks = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in (*pieces, end)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_large_png_that_is_cut_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(png_files, "_LARGE", 16)
    good, file = shown_png(7, 5, 5), tmp_path / "a.png"
    for content, wrong in (
        (good, ""),
        (good[:-12], "cut"),
        (shown_png(7, 5, 4), "cut"),
        (good + bytes(999), "no picture"),
    ):
        file.write_bytes(content)
        with pytest.raises(DataError, match=wrong) if wrong else nullcontext():
            png_files.check_png(file)


def test_images_of_several_sizes_are_refused_before_they_are_decoded(photos, monkeypatch):
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setattr(image_files, "as_seen", None)
    monkeypatch.setattr(image_files, "_LARGE", 16)
    image.new("RGB", (9, 8)).save(photos / "dog" / "9.png")
    with pytest.raises(DataError, match=r"9\.png: error: 8 × 9 pixels, expected 5 × 7; set dataset.size"):
        Images(photos).load(0, "float32")
