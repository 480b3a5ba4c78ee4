"""A container's limits count as the machine's."""

import pytest

from nntrain.runtime import cgroups, memory, threads


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Write files of the groups of a process in /job/step."""
    (tmp_path / "own").write_text("0::/job/step\n")
    (tmp_path / "root" / "job" / "step").mkdir(parents=True)
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "root")
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "own")
    return tmp_path / "root"


def test_the_narrowest_limit_of_all_groups_counts(groups):
    assert (cgroups.cores(), cgroups.memory()) == (None, None)
    (groups / "job" / "cpu.max").write_text("150000 100000\n")
    (groups / "job" / "step" / "cpu.max").write_text("max 100000\n")
    (groups / "job" / "memory.max").write_text("max\n")
    (groups / "job" / "step" / "memory.max").write_text("1048576\n")
    assert (cgroups.cores(), cgroups.memory()) == (2, 1 << 20)
    assert memory.physical_memory() == 1 << 20
    (groups / "job" / "step" / "cpu.max").write_text("1000 100000\n")
    assert (cgroups.cores(), threads.available_cores()) == (1, 1)


@pytest.mark.parametrize("text", ["", "x y\n", "100\n", "5 0\n", "\xff"])
def test_a_file_that_says_something_else_limits_nothing(groups, text):
    (groups / "job" / "cpu.max").write_text(text)
    assert cgroups.cores() is None
