"""Images are what a viewer shows, whatever the file: turned, over a background; what is left out is told."""

import shutil

import numpy as np
import pytest

from nntrain.data import Images
from nntrain.errors import DataError

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: nothing to read images with")
COLOR = np.array([[[250, 0, 0], [0, 250, 0], [0, 0, 250]], [[9, 9, 9], [90, 90, 90], [200, 200, 200]]], np.uint8)


@pytest.fixture
def folder(tmp_path):
    """classes/a and classes/b, an image of 2 × 3 pixels each."""
    for name in "ab":
        (tmp_path / "classes" / name).mkdir(parents=True)
        Image.fromarray(COLOR).save(tmp_path / "classes" / name / "0.png")
    return tmp_path / "classes"


def load(folder, **arguments):
    return Images(folder, **{"validation": 0, **arguments}).load(0, "float64")


def pixels(folder, **arguments):
    """(H, W, C) in 0 … 255 of the first image of class a."""
    data = load(folder, **arguments)
    return np.rint(data.parts["train"].batch(np.arange(1)).X[..., 0].transpose(1, 2, 0) * 255).astype(int)


def told(data):
    return [text.rpartition("/classes")[2] for text in data.warnings]


TURNS = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.transpose(1, 0, 2),
    6: lambda x: np.rot90(x, 1),
    7: lambda x: x[::-1, ::-1].transpose(1, 0, 2),
    8: lambda x: np.rot90(x, -1),
}


@pytest.mark.parametrize("orientation", TURNS)
def test_the_exif_orientation_is_applied(folder, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNS[orientation](COLOR))
    Image.fromarray(stored).save(folder / "a" / "0.png", exif=exif)
    np.testing.assert_array_equal(pixels(folder), COLOR)


def transparent(path):
    alpha = np.array([[255, 0, 51], [0, 0, 255]], np.uint8)
    Image.fromarray(np.dstack([COLOR, alpha])).save(path)
    return alpha[..., None] / 255


@pytest.mark.parametrize(
    ("background", "behind"), [(None, 255), ("white", 255), ("black", 0), ("#102030", [16, 32, 48]), ("gray", 128)]
)
def test_transparent_pixels_lie_over_the_background(folder, background, behind):
    alpha = transparent(folder / "a" / "0.png")
    expected = COLOR * alpha + np.array(behind) * (1 - alpha)
    found = pixels(folder, **({"background": background} if background else {}))
    np.testing.assert_allclose(found, expected, atol=1)


def test_gray_and_palette_images_with_transparency_too(folder):
    gray = Image.fromarray(COLOR[..., 0]).convert("LA")
    gray.putalpha(Image.fromarray(np.array([[0, 0, 0], [255, 255, 255]], np.uint8)))
    gray.save(folder / "a" / "0.png")
    np.testing.assert_array_equal(pixels(folder, color="gray")[..., 0], [[255, 255, 255], COLOR[1, :, 0].tolist()])
    palette = Image.new("P", (3, 2), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.putpixel((0, 0), 0)
    palette.save(folder / "a" / "0.png", transparency=0)
    np.testing.assert_array_equal(pixels(folder)[0, :2], [[255, 255, 255], [10, 20, 30]])


def test_a_background_that_is_no_color_is_refused(folder):
    with pytest.raises(DataError, match=r"error: background: 'wite' is no color; say white, gray, or #rrggbb"):
        load(folder, background="wite")


@pytest.mark.parametrize("suffix", [".gif", ".bmp", ".tiff", ".webp", ".ppm", ".PNG"])
def test_whatever_pillow_reads_is_read(folder, suffix):
    (folder / "a" / "0.png").unlink()
    Image.fromarray(COLOR).save(folder / "a" / f"0{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    np.testing.assert_allclose(pixels(folder), COLOR, atol=0)
    assert told(load(folder)) == []


def test_cmyk_and_black_and_white_are_read(folder):
    Image.fromarray(COLOR).convert("CMYK").save(folder / "a" / "0.tiff")
    (folder / "a" / "0.png").unlink()
    np.testing.assert_allclose(pixels(folder), COLOR, atol=2)
    (folder / "a" / "0.tiff").unlink()
    Image.fromarray(COLOR).convert("1").save(folder / "a" / "0.png")
    assert set(pixels(folder).ravel()) <= {0, 255}


def test_hidden_files_are_passed_over_and_others_are_counted_and_named(folder):
    for name in (".DS_Store", "__MACOSX/a/._0.png", "a/._0.png", "a/Thumbs.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"?")
    assert told(load(folder)) == []
    assert load(folder).facts.label_names == ("a", "b")
    (folder / "a" / "notes.txt").write_text("?")
    assert told(load(folder)) == [": a file is no image of a class: left out (a/notes.txt; 1 .txt)"]
    Image.fromarray(COLOR).save(folder / "loose.png")
    (word,) = told(load(folder))
    assert word == ": 2 files are no image of a class: left out (loose.png; 1 .png, 1 .txt)"


def test_images_in_folders_inside_a_class_count_to_it_and_that_is_said(folder):
    (folder / "a" / "more" / "deep").mkdir(parents=True)
    for name in ("more/1.png", "more/deep/2.png"):
        Image.fromarray(COLOR).save(folder / "a" / name)
    data = load(folder)
    assert told(data) == [": 2 images lie in folders inside those of their classes; they count to these"]
    assert data.parts["train"].batch(np.arange(4)).Y.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(("train", "val"), [("train", "val"), ("Training", "validation"), ("train", "valid")])
def test_folders_for_the_parts_are_recognised_and_said(folder, tmp_path, train, val):
    (tmp_path / "d").mkdir()
    folder.rename(tmp_path / "d" / train)
    for name in (f"{val}/a", "test/a", "test/b"):
        (tmp_path / "d" / name).mkdir(parents=True)
        Image.fromarray(COLOR).save(tmp_path / "d" / name / "x.png")
    data = load(tmp_path / "d", validation=0.5)
    assert {name: part.size for name, part in data.parts.items()} == {"train": 2, "validation": 1, "test": 2}
    assert data.facts.label_names == ("a", "b")
    assert data.warnings == [
        f"{tmp_path / 'd'}: the folders {train}, {val}, test are taken for the parts, not for classes",
        f"{tmp_path / 'd' / val}: no folder b: the validation part has no example of it",
    ]
    again = Images(tmp_path / "d").load(0, "float64", data.facts)
    assert again.sha256 == data.sha256


def test_classes_may_be_called_like_parts(folder):
    (folder / "a").rename(folder / "train")
    (folder / "b").rename(folder / "test")
    assert load(folder).facts.label_names == ("test", "train")


def test_predict_names_the_file_beside_each_prediction(folder, tmp_path, nntrain):
    (tmp_path / "c.yaml").write_text(
        "dataset: {type: images, path: classes, validation: 0}\narchitecture: [flatten, dense: 2]\n"
        "loss: cross_entropy\noptimizer: adam\ntraining: {epochs: 1}\n"
    )
    nntrain("fit", "c.yaml", "-q", "--run-dir", "run")
    rows = nntrain("predict", "run", "classes", "classes/a/0.png").stdout.splitlines()
    assert rows[0] == "file,prediction"
    assert [row.partition(",")[0] for row in rows[1:]] == ["classes/a/0.png", "classes/b/0.png", "classes/a/0.png"]


def test_of_films_the_first_picture_is_read_with_a_word(folder):
    frames = [Image.new("RGB", (3, 2), (90 * k, 0, 0)) for k in range(3)]
    frames[0].save(folder / "a" / "film.gif", save_all=True, append_images=frames[1:])
    assert told(load(folder)) == ["/a/film.gif: it has several pictures, as films do: the first is read"]


@pytest.mark.parametrize(("scale", "good"), [(255, True), (0.5, False), (4000, False)])
def test_pixels_that_are_no_whole_numbers(folder, scale, good):
    ramp = np.linspace(0, scale, 6, dtype=np.float32).reshape(2, 3)
    (folder / "a" / "0.png").unlink()
    Image.fromarray(ramp).save(folder / "a" / "0.tiff")
    if good:
        assert pixels(folder)[..., 0].tolist() == ramp.astype(int).tolist()
    else:
        with pytest.raises(DataError, match=r"0.tiff: error: cannot be read: pixels from 0 to .*, expected 0 to 255"):
            load(folder)


def test_a_folder_around_the_classes_is_told(folder):
    with pytest.raises(DataError, match=r"one class; .*; classes holds folders: path: .*/classes reads these"):
        load(folder.parent)


def test_a_folder_beside_the_parts_is_no_class(folder):
    lab = folder.parent / "lab"
    for part in ("train", "test"):
        shutil.copytree(folder, lab / part)
    assert load(lab).warnings[0].endswith("are taken for the parts, not for classes")
    (lab / "unsorted").mkdir()
    with pytest.raises(DataError, match=r"test, train are parts, but what is unsorted\?  path: .*train reads it alone"):
        load(lab)
