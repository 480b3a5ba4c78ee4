"""nntrain sample, for what draws examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.inference.load import Loaded


def sample_examples(loaded: Loaded, count: int, output: Path | None, seed: int | None) -> None:
    """Write drawn examples to a picture or an array."""
    from nntrain.inference.draw import sample

    if output is None:
        raise ConfigError("sample: examples go into a file: -o grid.png or -o examples.npy")
    sample(loaded, count, output, seed)
