"""Beside a run's own files too no command waits for a pipe or shows what a link leads to."""

import os

import pytest

from nntrain.cli import shipped
from nntrain.errors import ConfigError, StorageError
from nntrain.report import drawn
from nntrain.sweep import asking
from nntrain.textbook.grading import exercise_of


def a_pipe(path):
    os.mkfifo(path)


def a_link(path):
    secret = path.with_name("secret")
    secret.write_text("secret")
    path.symlink_to(secret)


def a_link_to_nothing(path):
    path.symlink_to("nowhere")


def a_directory(path):
    path.mkdir()


@pytest.mark.parametrize("stands", [a_pipe, a_link, a_link_to_nothing, a_directory])
def test_the_definition_of_a_search_is_a_file(tmp_path, stands):
    stands(tmp_path / asking.DEFINITION)
    with pytest.raises(ConfigError, match=r"sweep\.yaml: is no regular file"):
        asking.define(tmp_path, None)


@pytest.mark.parametrize("stands", [a_pipe, a_link, a_link_to_nothing, a_directory])
def test_samples_of_a_page_are_files_of_the_run(tmp_path, stands):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "epoch_0001.txt").write_text("drawn")
    stands(tmp_path / "samples" / "epoch_0002.txt")
    assert [file.name for file in drawn._files(tmp_path)] == ["epoch_0001.txt"]
    os.rename(tmp_path / "samples", tmp_path / "elsewhere")
    (tmp_path / "samples").symlink_to("elsewhere")
    assert drawn._files(tmp_path) == []


@pytest.mark.parametrize("stands", [a_pipe, a_link, a_link_to_nothing, a_directory])
def test_a_starter_is_written_beside_no_pipe_and_through_no_link(tmp_path, stands):
    stands(tmp_path / "mlp.yaml")
    with pytest.raises(StorageError, match=r"mlp\.yaml: cannot be read"):
        shipped.write("mlp", tmp_path, "{}")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("stands", [a_pipe, a_link_to_nothing, a_directory, lambda path: path.symlink_to("/dev/zero")])
def test_an_exercise_is_a_file_to_its_end(tmp_path, stands):
    stands(tmp_path / "dense.py")
    with pytest.raises(ConfigError, match=r"dense\.py: cannot be read"):
        exercise_of(tmp_path / "dense.py")
