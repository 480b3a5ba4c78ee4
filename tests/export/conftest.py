"""A trained run to export."""

import pytest
from click.testing import CliRunner
from conftest import ROOT

from nntrain.cli import main


@pytest.fixture(scope="session")
def mlp(tmp_path_factory):
    """The run directory of a digits MLP after one epoch."""
    run = tmp_path_factory.mktemp("export") / "mlp"
    arguments = ["fit", "-q", str(ROOT / "configs" / "digits_mlp.yaml"), "training.epochs=1", "--run-dir", str(run)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    return run
