"""Schedules: factors at named steps."""

import json
import math

import pytest

from nntrain.components import find
from nntrain.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Epochs,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    Milestones,
    OneCycle,
    Plateau,
    Step,
)

AN_EPOCH = 10
ALL = [
    *(Constant(), Step(10), Exponential(0.9), Linear(), Cosine(), OneCycle(), Plateau()),
    *(InverseTime(0.5).in_steps(AN_EPOCH), InverseSqrt().in_steps(AN_EPOCH), Milestones((30, 60)), CosineRestarts(20)),
]


def factors(schedule, steps, horizon=100):
    return [schedule(step, horizon, schedule.start()) for step in steps]


@pytest.mark.parametrize(
    ("schedule", "steps", "expected"),
    [
        (Constant(), [0, 99, 1000], [1, 1, 1]),
        (Step(every=30), [0, 29, 30, 59, 60, 99], [1, 1, 0.1, 0.1, 0.01, 0.001]),
        (Step(every=30, gamma=0.5), [29, 30, 60], [1, 0.5, 0.25]),
        (Exponential(gamma=0.5), [0, 1, 3], [1, 0.5, 0.125]),
        (Exponential(gamma=0.25, every=20), [0, 10, 20, 40], [1, 0.5, 0.25, 0.0625]),
        (Linear(), [0, 25, 50, 99, 100], [1, 0.75, 0.5, 0.01, 0]),
        (Linear(final=0.2), [0, 50, 100], [1, 0.6, 0.2]),
        (Cosine(), [0, 25, 50, 75, 100], [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0]),
        (Cosine(final=0.2), [0, 50, 100], [1, 0.6, 0.2]),
        (OneCycle(), [0, 29, 64, 99, 100], [0.04, 1, (1 + 4e-6) / 2, 4e-6, 4e-6]),
        (OneCycle(peak=0.31), [0, 15, 30], [0.04, 0.52, 1]),
        (OneCycle(peak=0.0), [0, 99], [1, 4e-6]),
        (InverseTime(1.0, every=10), [0, 9, 10, 19, 20, 90], [1, 1, 1 / 2, 1 / 2, 1 / 3, 1 / 10]),
        (InverseTime(1.0, every=10, staircase=False), [0, 5, 10], [1, 1 / 1.5, 1 / 2]),
        (InverseSqrt(0.5, every=10), [0, 9, 10, 30, 80], [0.5, 0.5, 0.5 / math.sqrt(2), 0.25, 0.5 / 3]),
        (InverseSqrt(every=10, staircase=False, warmup=10), [0, 4, 9, 10, 40, 90], [0.1, 0.5, 1, 1, 0.5, 1 / 3]),
        (Milestones((30, 60), gamma=0.5), [0, 29, 30, 59, 60, 99], [1, 1, 0.5, 0.5, 0.25, 0.25]),
        (CosineRestarts(40), [0, 20, 40, 60, 80], [1, 0.5, 1, 0.5, 1]),
        (CosineRestarts(10, growth=2, final=0.2), [0, 5, 10, 20, 30, 50, 70], [1, 0.6, 1, 0.6, 1, 0.6, 1]),
    ],
)
def test_factors_at_named_steps(schedule, steps, expected):
    assert factors(schedule, steps) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_every_registered_schedule_is_tested_here():
    assert {s.type for s in ALL} == set(find("schedule"))


@pytest.mark.parametrize("schedule", ALL)
def test_a_warm_up_rises_in_a_straight_line_to_the_curves_first_value(schedule):
    warm = type(schedule)(**{**schedule.__dict__, "warmup": 4})
    first = factors(schedule, [0])[0]
    assert factors(warm, range(5)) == pytest.approx([first / 4, first / 2, first * 3 / 4, first, first])


@pytest.mark.parametrize("schedule", ALL)
def test_after_the_warm_up_the_curve_has_the_rest_of_the_horizon(schedule):
    warm = type(schedule)(**{**schedule.__dict__, "warmup": 20})
    assert factors(warm, range(20, 101)) == pytest.approx(factors(schedule, range(81), horizon=80))


@pytest.mark.parametrize("schedule", ALL)
def test_beyond_the_horizon_the_last_value_holds(schedule):
    short = type(schedule)(**{**schedule.__dict__, "steps": 50})
    assert factors(short, [50, 51, 99, 5000]) == [factors(short, [50])[0]] * 4
    assert factors(short, range(51)) == factors(schedule, range(51), horizon=50)


@pytest.mark.parametrize("schedule", ALL)
@pytest.mark.parametrize("warmup", [100, 250])
def test_a_warm_up_may_be_longer_than_the_training(schedule, warmup):
    warm = type(schedule)(**{**schedule.__dict__, "warmup": warmup})
    first = factors(schedule, [0])[0]
    assert factors(warm, [0, 49, 99]) == pytest.approx([first / warmup, first * 50 / warmup, first * 100 / warmup])
    assert factors(warm, [warmup + 7]) == pytest.approx([first])  # a resumed training that was made longer


@pytest.mark.parametrize("schedule", ALL)
@pytest.mark.parametrize("horizon", [1, 2])
def test_the_shortest_trainings_have_a_rate(schedule, horizon):
    assert factors(schedule, [0], horizon) == factors(schedule, [0])


# --- lengths in epochs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_epochs", "in_steps"),
    [
        (Step(Epochs(2.0)), Step(82)),
        (Exponential(0.5, Epochs(1.0)), Exponential(0.5, 41)),
        (InverseTime(1.0), InverseTime(1.0, 41)),
        (InverseSqrt(every=Epochs(3.0)), InverseSqrt(every=123)),
        (Milestones((10, Epochs(1.5), Epochs(2.0))), Milestones((10, 62, 82))),
        (CosineRestarts(Epochs(4.0)), CosineRestarts(164)),
        (Cosine(warmup=Epochs(0.5), steps=Epochs(10.0)), Cosine(warmup=20, steps=410)),
        (Step(Epochs(0.001)), Step(1)),
    ],
)
def test_a_length_in_epochs_is_the_nearest_number_of_steps(in_epochs, in_steps):
    assert in_epochs.in_steps(41) == in_steps


def test_milestones_that_do_not_rise_are_refused():
    for at in [(20, 10), (10, 10), (Epochs(2.0), Epochs(1.0))]:
        with pytest.raises(ValueError, match="do not rise"):
            Milestones(at)
    Milestones((100, Epochs(1.0)))  # what an epoch is, the data say


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: schedule.type)
def test_what_does_not_stretch_has_the_same_rates_however_long_the_training_is(schedule):
    alike = factors(schedule, range(50), horizon=50) == factors(schedule, range(50), horizon=100)
    assert alike == (not schedule.stretches)


# --- the first, the turning and the last step --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "first", "turning", "last", "behind"),
    [
        (Constant(), 1, {50: 1}, 1, 1),
        (Step(every=25, gamma=0.5), 1, {24: 1, 25: 0.5, 49: 0.5, 50: 0.25}, 0.125, 0.0625),
        (Exponential(gamma=0.5, every=20), 1, {20: 0.5}, 0.5**4.95, 0.5**5),
        (Linear(final=0.2), 1, {50: 0.6}, 0.2 + 0.8 / 100, 0.2),
        (Cosine(final=0.2), 1, {50: 0.6}, 0.2 + 0.4 * (1 - math.cos(math.pi / 100)), 0.2),
        (OneCycle(initial=0.1, final=0.01), 0.1, {29: 1}, 0.01, 0.01),
        (Plateau(), 1, {50: 1}, 1, 1),
        (Constant(warmup=10), 0.1, {8: 0.9, 9: 1, 10: 1}, 1, 1),
        (Linear(warmup=20), 0.05, {18: 0.95, 19: 1, 20: 1, 21: 1 - 1 / 80}, 1 / 80, 0),
        (OneCycle(initial=0.1, final=0.01, warmup=50), 0.1 / 50, {49: 0.1, 50: 0.1, 64: 1}, 0.01, 0.01),
    ],
    ids=lambda value: repr(value) if hasattr(value, "warmup") else None,
)
def test_what_the_first_the_turning_and_the_last_step_of_a_hundred_have(schedule, first, turning, last, behind):
    assert factors(schedule, [0, *turning, 99, 100, 5000]) == pytest.approx(
        [first, *turning.values(), last, behind, behind], rel=1e-12, abs=1e-15
    )


@pytest.mark.parametrize("peak", [0.01, 0.3, 0.5, 0.77, 0.99])
@pytest.mark.parametrize("horizon", [3, 5, 7, 10, 23, 100])
def test_one_cycle_begins_at_initial_rises_to_1_and_ends_at_final_whatever_the_training_is(horizon, peak):
    rates = factors(OneCycle(peak=peak), range(horizon), horizon)
    top = rates.index(1)
    assert abs(top + 1 - peak * horizon) <= 0.5 or top in (1, horizon - 2)
    assert rates[0] == pytest.approx(0.04)
    assert rates[-1] == pytest.approx(4e-6, rel=1e-9)
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert len(set(rates[:top])) == top
    assert len(set(rates[top:])) == horizon - top


def test_one_cycle_where_there_is_no_room_for_a_cycle():
    assert factors(OneCycle(), [0, 1, 2], horizon=2) == pytest.approx([0.04, 1, 1])
    assert factors(OneCycle(peak=0.0), [0, 1, 2], horizon=3) == pytest.approx([1, (1 + 4e-6) / 2, 4e-6])
    assert factors(OneCycle(peak=0.0), [0, 1], horizon=1) == [1, 1]


# --- plateau -----------------------------------------------------------------------------------------------------


def after(schedule, values, better="less"):
    """Factors after each of these values."""
    state = schedule.start()
    found = []
    for value in values:
        schedule.observe(state, value, better)
        found.append(schedule(0, 100, state))
    return found


def test_plateau_falls_after_so_many_values_that_are_not_better():
    values = [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert after(Plateau(factor=0.5, patience=2), values) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


def test_plateau_knows_when_more_is_better():
    assert after(Plateau(patience=1), [0.5, 0.6, 0.6], "more") == pytest.approx([1, 1, 0.1])
    assert after(Plateau(patience=1), [0.5, 0.6, 0.6], "less") == pytest.approx([1, 0.1, 0.01])


def test_plateau_wants_a_gain_above_min_delta():
    assert after(Plateau(patience=1, min_delta=0.5), [4.0, 3.75, 3.25]) == pytest.approx([1, 0.1, 0.1])
    assert after(Plateau(patience=1, min_delta=0.5), [4.0, 3.5]) == pytest.approx([1, 0.1])


def test_plateau_falls_no_further_than_its_minimum():
    assert after(Plateau(patience=1, minimum=0.03), [1.0] * 5) == pytest.approx([1, 0.1, 0.03, 0.03, 0.03])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_plateau_never_takes_what_is_not_finite_for_better(bad):
    assert after(Plateau(patience=2), [bad, 2.0, bad, bad, 1.0, 0.5]) == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1])


def test_plateaus_state_goes_through_json():
    schedule = Plateau(patience=2)
    state = schedule.start()
    for value in [3.0, 2.0, math.nan, 2.0, 2.0]:
        state = json.loads(json.dumps(state, allow_nan=False))
        schedule.observe(state, value, "less")
    assert state == {"factor": pytest.approx(0.1), "best": 2.0, "waited": 1}


# --- against PyTorch ---------------------------------------------------------------------------------------------

ONE_CYCLE = {"max_lr": 1.0, "total_steps": 40, "pct_start": 0.75, "div_factor": 10, "final_div_factor": 2}


@pytest.mark.parametrize(
    ("schedule", "name", "arguments"),
    [
        (Step(7, gamma=0.3), "StepLR", {"step_size": 7, "gamma": 0.3}),
        (Exponential(0.97), "ExponentialLR", {"gamma": 0.97}),
        (Linear(final=0.1), "LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 40}),
        (Cosine(), "CosineAnnealingLR", {"T_max": 40}),
        (Milestones((7, 19), gamma=0.3), "MultiStepLR", {"milestones": [7, 19], "gamma": 0.3}),
        (CosineRestarts(9, final=0.1), "CosineAnnealingWarmRestarts", {"T_0": 9, "eta_min": 0.1}),
        (CosineRestarts(5, growth=2), "CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2}),
        (OneCycle(), "OneCycleLR", {"max_lr": 1.0, "total_steps": 40}),
        (OneCycle(0.75, 0.1, 0.05), "OneCycleLR", ONE_CYCLE),
    ],
)
def test_factors_are_pytorchs(schedule, name, arguments):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    expected = []
    for _ in range(40):
        expected.append(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    assert factors(schedule, range(40), horizon=40) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_plateaus_patience_is_pytorchs_and_one_more(patience):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=patience - 1, threshold=0, threshold_mode="abs"
    )
    values = [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.6, 0.7, 0.8]
    expected = []
    for value in values:
        theirs.step(value)
        expected.append(optimizer.param_groups[0]["lr"])
    assert after(Plateau(factor=0.5, patience=patience), values) == pytest.approx(expected)
