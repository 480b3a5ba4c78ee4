"""A sum along a tree: one value to the bit, whoever adds up what."""

import numpy as np
import pytest

from nntrain.parallel.team import Team
from nntrain.parallel.tree import TreeSum, cover


def by_definition(vectors, start, level):
    if level == 0:
        return vectors[start]
    left, middle = by_definition(vectors, start, level - 1), start + (1 << (level - 1))
    return left + by_definition(vectors, middle, level - 1) if middle < len(vectors) else left


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 8, 13, 33])
def test_any_number_of_processes_finds_the_sum_of_the_definition(count):
    vectors = np.random.default_rng(count).standard_normal((count, 5), np.float32)
    levels = (count - 1).bit_length()
    expected = by_definition(vectors, 0, levels)
    for size in range(1, count + 1):
        whole = TreeSum(count)
        for rank in range(size):
            team = Team()
            team.rank, team.size = rank, size
            own = TreeSum(count)
            for place in team.own(count):
                own.add(place, vectors[place])
                assert len(own.nodes) <= levels + 1  # one vector a level
            assert [node[:2] for node in own.nodes] == cover(team.own(count), count)
            for node in own.nodes:
                whole.add(node.start, node.vector, node.level)
        assert whole.root.tobytes() == expected.tobytes()
    assert vectors.tobytes() == np.random.default_rng(count).standard_normal((count, 5), np.float32).tobytes()


@pytest.mark.parametrize(("count", "size"), [(8, 3), (5, 5), (4, 8), (1, 2)])
def test_every_place_belongs_to_one_process(count, size):
    teams = [Team() for _ in range(size)]
    for rank, team in enumerate(teams):
        team.rank, team.size = rank, size
    assert [place for team in teams for place in team.own(count)] == list(range(count))
