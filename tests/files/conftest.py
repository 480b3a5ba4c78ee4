"""A small checkpoint, and the one way a wrong one may be refused."""

import numpy as np
import pytest

from nntrain.errors import CheckpointError
from nntrain.files import checkpoint

ARRAYS = {"dense_1.W": np.arange(6, dtype=np.float32).reshape(2, 3), "dense_1.b": np.full((2, 1), -0.0)}
STATE = {"optimizer/velocity/dense_1.W": np.ones((2, 3), np.float32)}
MANIFEST = {"step": 7, "best": None, "classes": ["a", "é", "\udc80"], "sums": {"loss": 0.1 + 0.2}}


@pytest.fixture
def content():
    """Parameters, optimizer state, manifest."""
    return ARRAYS, STATE, MANIFEST


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last.npz"


@pytest.fixture
def good(path):
    """The bytes of a small checkpoint that stands at `path`."""
    checkpoint.write(path, ARRAYS | STATE, MANIFEST)
    return path.read_bytes()


@pytest.fixture
def refusal():
    """Reads a path, which must raise CheckpointError in one line that names it; gives that line."""

    def refusal(path):
        with pytest.raises(CheckpointError) as caught:
            checkpoint.read(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        return message

    return refusal
