"""The parameters as .safetensors: by their saved names, or by PyTorch's with the module that takes them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nntrain.errors import ConfigError
from nntrain.export.exported import Asked, Exported, Trial, run_python
from nntrain.export.placed import place
from nntrain.export.reference import said
from nntrain.export.torch_module import source, state_dict
from nntrain.files import safetensors
from nntrain.files.storage import json_text
from nntrain.inference.load import Loaded
from nntrain.model.shapes import Array

_TRY = """
import sys, numpy, torch
sys.path.insert(0, ".")
from importlib import import_module
model = import_module(sys.argv[1]).network()
with numpy.load("state.npz") as state:
    model.load_state_dict({name: torch.from_numpy(state[name]) for name in state.files})
model.eval()
with torch.no_grad():
    numpy.save("Z.npy", model(torch.from_numpy(numpy.load("X.npy"))).numpy())
"""


def parameters(loaded: Loaded, file: str) -> Exported:
    """All parameters and buffers of all networks under the names of the checkpoint."""
    arrays: dict[str, Array] = {}
    for network in loaded.networks.values():
        arrays.update(network.layout.arrays(network.theta))
    content = safetensors.dump(arrays, _metadata(loaded, "nntrain"))

    def read_back(folder: Path, asked: Asked) -> Trial:
        read, _ = safetensors.load((folder / file).read_bytes())
        return Trial(_flat(read), _flat(arrays), None)

    return Exported({file: content}, "read back", read_back)


def torch_parameters(loaded: Loaded, file: str, module: bool) -> Exported:
    """The parameters by PyTorch's names; `module`: and beside them the Python file that builds the network.

    Raises ConfigError for a layer that PyTorch does not have.
    """
    if len(loaded.networks) != 1:
        raise ConfigError(f"export: --names torch: one network, and this model has {', '.join(loaded.networks)}")
    (network,) = loaded.networks.values()
    placed = place(network)
    state = state_dict(placed)
    stem = Path(file).stem
    text = source(placed, loaded.config.name, file, loaded.config.dtype).encode()
    files = {file: safetensors.dump(state, _metadata(loaded, "pt"))}
    if module:
        files[f"{stem}.py"] = text

    def run(folder: Path, asked: Asked) -> Trial:
        examples = asked()
        if examples.lengths is not None:  # the module counts all steps
            examples = said(loaded, examples.raw, examples.prepared, None)
        (folder / "generated_module.py").write_bytes(text)
        arrays, _ = safetensors.load((folder / file).read_bytes())
        np.savez(folder / "state.npz", allow_pickle=False, **{name: array.copy() for name, array in arrays.items()})
        np.save(folder / "X.npy", np.ascontiguousarray(np.moveaxis(examples.prepared, -1, 0)))
        run_python(folder, _TRY, "generated_module")
        return Trial(np.load(folder / "Z.npy"), examples.Z, len(examples.raw))

    return Exported(files, "PyTorch", run if find_spec("torch") else None)


def _metadata(loaded: Loaded, form: str) -> dict[str, str]:
    return {"format": form, "name": loaded.config.name, "dataset": json_text(loaded.saved.manifest["dataset"])}


def _flat(arrays: dict[str, Array]) -> Array:
    return np.concatenate([arrays[name].reshape(-1).astype(np.float64) for name in sorted(arrays)] or [np.zeros(0)])
