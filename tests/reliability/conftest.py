"""A warm process for the whole session, and undisturbed runs to compare with."""

import pytest
from reliability.program import Warm, left_behind, write_config


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def undisturbed(warm, tmp_path_factory):
    """undisturbed(config): the config's file, and what its run leaves behind when nothing happens to it."""
    known = {}

    def undisturbed(config):
        if repr(config) not in known:
            folder = tmp_path_factory.mktemp("undisturbed")
            path = write_config(folder / "config.yaml", config)
            ended = warm.run("fit", path, "-q", "--run-dir", folder / "run")
            assert ended.code == 0, ended
            known[repr(config)] = path, left_behind(folder / "run")
        return known[repr(config)]

    return undisturbed
