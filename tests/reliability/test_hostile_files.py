"""Files that are wrong, or not what they say, take little memory: one of each kind here, the table by hostile_files."""

import pytest
from reliability.hostile_files import FILES, LIMIT, case

SAMPLE = ("csv: one line of numbers", "npz: more than the shape says", "IDX: less than the header says")


def check(file, megabytes, commands):
    for name, code, above, _, text in case(file, megabytes, commands):
        assert code in (0, 2, 3), (name, text)
        assert "Traceback" not in text
        assert above < LIMIT, (name, text)


@pytest.mark.parametrize("file", SAMPLE)
def test_a_hostile_file_takes_little_memory(file):
    check(file, 10, ("dry",))


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_a_hostile_file_of_a_hundred_megabytes_takes_little_memory(file):
    if file.startswith("PNG"):
        pytest.importorskip("PIL")
    check(file, 100, ("dry",))
