"""Config -> data and networks, after every check before a run (nntrain.builder.checks)."""

from __future__ import annotations

from nntrain.builder.checks import CHECKS, WITHOUT_DATA, Candidate, data_load
from nntrain.builder.loop import Built, Model
from nntrain.config import Config, Draft
from nntrain.data.facts import Facts
from nntrain.messages import Warn, unheard


def build(draft: Draft, warn: Warn = unheard) -> Built:
    """Load the data, resolve the config against them, make the networks and draw their initial values.

    warn   is told what was taken of the data, or left out, without being said

    Raises ConfigError or DataError with every problem that the first check to fail has found.
    """
    candidate = Candidate()
    candidate.draft = draft
    for check in CHECKS:
        check(candidate)
        if check is data_load:  # before the checks that may refuse what these words explain
            for text in candidate.data.warnings:
                warn(text)
    built = candidate.built
    for network in built.networks.values():
        network.allocate(built.config.dtype)
        network.draw(built.config.seed)
    built.loop.check_drawn(built)
    return built


def model_of(config: Config, facts: Facts) -> Model:
    """The model of a checkpoint, which brings config and facts; its parameters, all 0, are to be filled.

    Raises ConfigError.
    """
    candidate = Candidate()
    candidate.config, candidate.facts = config, facts
    for check in WITHOUT_DATA:
        check(candidate)
    model = candidate.model
    for network in model.networks.values():
        network.allocate(config.dtype)
    return model
