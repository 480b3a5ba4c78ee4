"""`nntrain help`: the pages of nntrain/docs on a terminal."""

from pathlib import Path

import pytest

import nntrain
from nntrain.cli import help

PAGES = {path.stem: path for path in (Path(nntrain.__file__).parent / "docs").glob("*.md")}


def test_without_a_topic_every_page_is_listed_with_its_title(nntrain):
    lines = nntrain("help").stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == sorted(PAGES)
    assert all(PAGES[line.split()[0]].read_text().startswith(f"# {line.split(None, 1)[1]}\n") for line in lines)


@pytest.mark.parametrize("topic", sorted(PAGES))
def test_into_a_pipe_a_page_is_printed_as_it_is(nntrain, topic):
    assert nntrain("help", topic.replace("_", "-")).stdout == PAGES[topic].read_text("utf-8")


def test_a_command_is_a_topic_too(nntrain):
    assert nntrain("help", "find-lr").stdout == nntrain("find-lr", "--help").stdout


def test_a_topic_that_is_not_there_is_told_with_the_nearest(nntrain):
    assert "no page about 'sweps'; did you mean 'sweeps'?" in nntrain("help", "sweps", code=2).stderr
    assert "there are arrays, " in nntrain("help", "zzz", code=2).stderr


def test_on_a_terminal_paragraphs_items_and_tables_fit_and_examples_are_broken():
    text = (
        "# A title\n\nA paragraph that is\nlonger than it may be.\n\n- an item of some length\n- another\n\n"
        "```sh\nnntrain fit configs/digits_mlp.yaml\n\n| no table\n```\n| a | b |\n| --- | --- |\n| one | two |\n\n"
        "| a | b |\n| --- | --- |\n| one | a cell that is longer |\n"
    )
    assert list(help.fitted(text, 18)) == [
        *("# A title", "", "A paragraph that", "is longer than it", "may be.", ""),
        *("- an item of some", "  length", "- another", ""),
        *("```sh", "nntrain fit config", "  s/digits_mlp.yam", "  l", "", "| no table", "```"),
        *("a    b", "one  two", "", "one", "  a cell that is", "  longer"),
    ]
