"""Sweeps, event files and mapped data beside kills: some cases of what many_kills does by the thousand."""

import pytest
from reliability.many_kills import KINDS, Killer, summed

SAMPLE = ("mapped", "sweep --halving sync")


@pytest.mark.parametrize("kind", SAMPLE)
def test_a_killed_one_ends_in_the_same_bytes(warm, tmp_path, kind):
    _, wrong = Killer(tmp_path, warm).case(kind, 0)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_of_each_kind_end_in_the_same_bytes(warm, tmp_path, kind):
    killer = Killer(tmp_path, warm)
    assert not [wrong for number in range(10) if (wrong := killer.case(kind, number)[1])]


def test_the_sum_says_kills_and_differences():
    cases = [
        {"kind": "mlp", "number": 0, "struck": {"ended": 1}, "wrong": []},
        {"kind": "mlp", "number": 1, "struck": {"in a save": 1}, "wrong": ["metrics.jsonl"]},
    ]
    total, lines = summed(cases)
    assert total == 1
    assert " ".join(lines[0].split()) == "mlp 1 kills (1 in a save), 1 differences [1]"
