"""`nntrain init`: starters that can be read, examples that bring what they name, an editor's schema on top."""

import json
from pathlib import Path

import pytest

from nntrain import config as configs
from nntrain.cli import shipped

FIRST = "# yaml-language-server: $schema=nntrain.schema.json"


@pytest.mark.parametrize("name", shipped.STARTERS)
def test_a_starter_is_a_config_with_the_editors_line_on_top(name, nntrain, tmp_path):
    printed = nntrain("init", name).stdout
    assert printed.splitlines()[0] == FIRST
    (tmp_path / "config.yaml").write_text(printed)
    assert configs.read(tmp_path / "config.yaml").name == ("table" if name == "csv" else name)


def test_the_list_names_starters_and_examples_with_what_they_are(nntrain):
    lines = nntrain("init", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == shipped.names()
    assert all(len(line.split()) > 3 for line in lines)
    assert any(line.startswith("digits_gan ") for line in lines)


def test_an_example_is_written_with_its_data_and_trains_there(nntrain, tmp_path):
    assert nntrain("init", "iris", "-o", "d").stdout == "d/iris.yaml\n"
    written = {str(path.relative_to(tmp_path / "d")) for path in (tmp_path / "d").rglob("*") if path.is_file()}
    assert written == {"iris.yaml", "data/iris.csv", "nntrain.schema.json"}
    assert json.loads((tmp_path / "d" / "nntrain.schema.json").read_text())["title"] == "nntrain config"
    nntrain("fit", "d/iris.yaml", "training.steps=2", "-q")
    nntrain("init", "iris", "-o", "d")  # what is there is the same
    (tmp_path / "d" / "iris.yaml").write_text("mine")
    told = nntrain("init", "iris", "-o", "d", code=2).stderr
    assert told == "error: d/iris.yaml: exists already; choose another directory\n"
    assert (tmp_path / "d" / "iris.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", [name for name in shipped.names() if name not in shipped.STARTERS])
def test_every_example_brings_what_it_names(name, tmp_path):
    path = shipped.write(name, tmp_path, "{}")
    draft = configs.read(path)
    found = [getattr(draft.dataset, key, None) for key in ("path", "inputs")]
    for file in found:
        if isinstance(file, Path) and "data" in file.parts:
            assert file.is_file()


def test_an_example_on_stdout_says_what_it_needs(nntrain):
    shown = nntrain("init", "iris")
    assert shown.stdout.splitlines()[0] == FIRST
    assert shown.stderr == "it needs data/iris.csv: nntrain init iris -o DIR writes them too\n"


def test_a_name_that_is_none_is_told(nntrain):
    told = nntrain("init", "digits_gann", code=2).stderr
    assert told == "error: init: no config is called 'digits_gann'; did you mean 'digits_gan'?; nntrain init --list\n"


def test_the_starter_of_a_transfer_goes_on_from_the_starter_of_a_network(nntrain, tmp_path):
    for name in ("mlp", "transfer"):
        (tmp_path / f"{name}.yaml").write_text(nntrain("init", name).stdout)
    nntrain("fit", "mlp.yaml", "training.steps=2", "-q")
    told = nntrain("fit", "transfer.yaml", "training.steps=2").stderr
    assert told.startswith("start: 2 of 2 parameters are those of ")


def test_the_code_of_the_autoencoder_can_be_had(nntrain, tmp_path):
    import numpy as np

    (tmp_path / "a.yaml").write_text(nntrain("init", "autoencoder").stdout)
    nntrain("fit", "a.yaml", "training.steps=2", "-q", "--run-dir", "run")
    np.save(tmp_path / "x.npy", np.zeros((3, 1, 8, 8)))
    nntrain("predict", "run", "x.npy", "--layer", "code", "-o", "codes.npy")
    assert np.load(tmp_path / "codes.npy").shape == (3, 8)
