"""What a sweep is to run: every combination resolved to a whole config, and that to a run directory."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nntrain.builder.length import total_steps
from nntrain.config import Base, Config, Draft, find_value, flow, written
from nntrain.data import held
from nntrain.data.parts import Data
from nntrain.errors import ConfigError
from nntrain.files.storage import json_bytes
from nntrain.messages import Warn, unheard
from nntrain.sweep import space
from nntrain.sweep.ranges import Range

_HASH_LENGTH = 10
_MOST_PROBLEMS = 20
_MOST_CORNERS = 6


@dataclass(frozen=True)
class Settings:
    """What the flags of `nntrain sweep`, or a sweep file, say."""

    config: Path
    overrides: tuple[str, ...] = ()
    grid: Mapping[str, Sequence[str]] = field(default_factory=dict)
    random: Mapping[str, Range] = field(default_factory=dict)
    count: int = 10
    seeds: Sequence[int] = ()
    folds: int = 0  # of a cross-validation: every combination once for each
    halving: str = ""  # "async", "sync" or none
    search: str = ""  # "random", "tpe", "gp"
    batch: int = 4  # trials that are decided on together


@dataclass(frozen=True)
class Planned:
    """One run of a sweep.

    overrides  of the config file, all of them
    varied     those in which the runs of this sweep differ: what a person wants to see of it
    total      steps of the whole training
    sha256     of its data
    """

    run_dir: Path
    overrides: tuple[str, ...]
    varied: tuple[str, ...]
    config: Config
    total: int
    sha256: str = ""


def plan(settings: Settings, runs_dir: Path, warn: Warn = unheard) -> list[Planned]:
    """Every run in order; combinations that come to the same config are one run.

    The whole sweep is checked before anything starts.  Raises ConfigError, DataError.
    """
    planner = Planner(settings, runs_dir, warn)
    return planner.planned(planner.points())


class Planner:
    """Resolves the combinations of one sweep; its datasets are loaded once."""

    def __init__(self, settings: Settings, runs_dir: Path, warn: Warn = unheard):
        _check_keys(settings)
        settings = replace(settings, random=space.sorted_ranges(settings.random))
        self.settings, self.runs_dir, self.warn = settings, runs_dir, warn
        self.base = Base(settings.config)
        draft = self.base.draft(settings.overrides)
        self.seed = draft.seed
        if settings.folds and draft.dataset.validation:
            warn(
                f"--folds {settings.folds}: the validation part is each fold in turn; "
                f"dataset.validation: {draft.dataset.validation} counts for nothing"
            )
        self.loader = _Loader()
        self.known = self._known()
        space.check_conditions(settings.grid, settings.random, self.known)
        self._told: set[str] = set()

    def _known(self) -> dict[str, str]:
        """What the config, and overrides of the whole sweep, give to keys that conditions and bounds ask for."""
        if not (asked := space.asked(self.settings.random)):
            return {}
        try:
            draft = self.base.draft(self.settings.overrides)
            values = draft.resolve(self.loader.load(draft).facts).as_dict()
        except ConfigError:  # it is right only with what the sweep gives it
            values = written(self.settings.config.read_text("utf-8"))
        known = {}
        for key in asked:
            with suppress(KeyError):
                known[key] = flow(find_value(values, key))
        return known | space.as_mapping(self.settings.overrides)

    def points(self) -> list[space.Point]:
        """Every combination that is known from the beginning."""
        s, replicas = self.settings, self.replicas()
        points = space.combinations(s.grid, s.random, s.count, (), self.seed, self.known)
        if (total := len(points) * len(replicas)) > space.MOST_RUNS:
            raise ConfigError(f"sweep: {total:,} runs; a sweep has at most {space.MOST_RUNS:,}")
        return [(*point, *replica) for point in points for replica in replicas]

    def replicas(self) -> list[space.Point]:
        """Under what each combination is repeated: folds, and seeds, the last fastest."""
        s = self.settings
        folds: list[space.Point] = [(f"dataset.fold={k}/{s.folds}",) for k in range(1, s.folds + 1)]
        seeds: list[space.Point] = [(f"seed={number}",) for number in s.seeds]
        return [(*fold, *seed) for fold in folds or [()] for seed in seeds or [()]]

    def ends(self) -> list[space.Point]:
        """Combinations at both ends of all ranges: what a search may come to is checked before it starts."""
        ranges = self.settings.random
        choices = max((len(drawn_from.choices) for drawn_from in ranges.values()), default=2)
        places = [[i / max(2, choices)] * len(ranges) for i in range(max(2, choices))]
        places.append([1.0] * len(ranges))
        referred_to = {key for drawn_from in ranges.values() for key in drawn_from.keys}
        turning = [i for i, name in enumerate(ranges) if space.keys_of(name)[0] in referred_to][:_MOST_CORNERS]
        for corner in itertools.product((0.0, 1.0), repeat=len(turning)):
            places.append([corner[turning.index(i)] if i in turning else 0.5 for i in range(len(ranges))])
        return list(dict.fromkeys(space.drawn(ranges, place, self.known) for place in places))

    def of_point(self, point: space.Point) -> list[Planned]:
        """The runs of a point, one for each fold and seed."""
        return self.planned([(*point, *replica) for replica in self.replicas()])

    def planned(self, points: Sequence[space.Point]) -> list[Planned]:
        """A run for every combination.  Raises ConfigError, DataError."""
        planned: dict[Path, Planned] = {}
        problems: dict[str, None] = {}
        for varied in points:
            try:
                one = _plan_one(self.base, self.settings, varied, self.runs_dir, self.loader)
                planned.setdefault(one.run_dir, one)
            except ConfigError as error:
                problems.update(dict.fromkeys(error.problems))
                if len(problems) >= _MOST_PROBLEMS:
                    break
        if problems:
            raise ConfigError(*problems)
        for text in self.loader.warnings.keys() - self._told:
            self._told.add(text)
            self.warn(text)
        return list(planned.values())


def _plan_one(base: Base, settings: Settings, varied: tuple[str, ...], runs_dir: Path, loader: _Loader) -> Planned:
    overrides = (*settings.overrides, *varied)
    draft = base.draft(overrides)
    data = loader.load(draft)
    config = draft.resolve(data.facts)
    total = total_steps(config, data)
    if settings.halving and config.schedule.steps is None:
        # short rungs must see the curve of the longest one: a resumed run is then the uninterrupted one
        overrides += (f"schedule.steps={total}",)
        config = base.draft(overrides).resolve(data.facts)
    return Planned(runs_dir / directory_name(config), overrides, varied, config, total, data.sha256)


def directory_name(config: Config) -> str:
    """`digits-mlp-h3f9a1c20b7`: the hash of the resolved config.  The h keeps it apart from digits-mlp-001."""
    digest = hashlib.sha256(json_bytes(config.as_dict())).hexdigest()
    return f"{config.name}-h{digest[:_HASH_LENGTH]}"


def _check_keys(settings: Settings) -> None:
    names = [*settings.grid, *settings.random, *(["seed"] if settings.seeds else [])]
    names += ["dataset.fold"] if settings.folds else []
    of_names = [(key, space.condition_of(name)) for name in names for key in space.keys_of(name)]
    fixed = [text.partition("=")[0] for text in settings.overrides]
    for name in settings.random:
        if len(space.keys_of(name)) > 1:
            raise ConfigError(f"-r {name}: a range is of one key; values that belong together stand in -g")
    for key, _ in of_names if settings.halving else ():
        if re.match(r"training(\.(epochs|steps|evaluate)\b|$)", key):
            raise ConfigError(f"--halving: {key} is varied, and runs are compared after the same length")
    for i, (key, condition) in enumerate(of_names):
        if any(key == other and None in (condition, another) for other, another in of_names[:i]):
            raise ConfigError(f"sweep: {key} is varied twice")
        if key in fixed and key != "seed":  # with random draws, seed= also says which draws
            raise ConfigError(f"sweep: {key} is varied, so it cannot be set to one value as well")


class _Loader:
    """Loads each dataset of the sweep once."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, str], Data] = {}
        self.warnings: dict[str, None] = {}  # each once, in order

    def load(self, draft: Draft) -> Data:
        key = (held.key(draft.dataset), draft.dtype)
        if key not in self._loaded:
            self._loaded[key] = draft.dataset.load(draft.seed, np.dtype(draft.dtype))
            self.warnings |= dict.fromkeys(self._loaded[key].warnings)
        return self._loaded[key]
