"""Config stands below all that computes: it starts without NumPy, and reads a class only when a config names it."""

import ast
import subprocess
import sys
from pathlib import Path

from nntrain import config

ROOM = Path(config.__file__).parent
BASES = {  # what the fields of a Config hold, for type checkers
    *("nntrain.data.base", "nntrain.losses.base", "nntrain.metrics.base"),
    *("nntrain.model.layer", "nntrain.optimizers.base", "nntrain.schedules.base"),
}


def test_no_module_of_the_room_loads_numpy():
    names = [f"nntrain.config.{path.stem}" for path in ROOM.glob("*.py") if path.stem != "__init__"]
    program = "import importlib, sys; [*map(importlib.import_module, sys.argv[1:])]; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", program, *names], check=True)


def test_it_imports_the_registry_and_errors_and_nothing_that_computes():
    imported = {
        node.module
        for path in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("nntrain.")
    }
    outside = {module for module in imported if not module.startswith("nntrain.config")}
    assert (
        outside
        - {
            *("nntrain.components", "nntrain.errors", "nntrain.files.plain_values", "nntrain.lazy"),
            "nntrain.messages",
            "nntrain.plugins",
        }
        == BASES
    )
