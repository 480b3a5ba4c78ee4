"""nntrain export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nntrain.cli import options
from nntrain.cli.terminal import print_path, say, warn
from nntrain.errors import ConfigError
from nntrain.messages import show

if TYPE_CHECKING:
    from nntrain.export.exported import Exported
    from nntrain.inference.load import Loaded

# suffix -> the options that are for it alone
SUFFIXES: dict[str, tuple[str, ...]] = {
    ".c": ("int8",),
    ".onnx": ("raw",),
    ".py": (),
    ".safetensors": ("names", "module"),
}


@click.command
@options.checkpoint
@click.option("-o", "--output", type=options.OUTPUT, required=True, help="The file, its format by the suffix.")
@options.which
@click.option("--names", type=click.Choice(["nntrain", "torch"]), help="Of parameters: the saved ones, or PyTorch's.")
@click.option("--module", type=click.Choice(["torch"]), help="Also FILE.py, which builds the network in PyTorch.")
@click.option("--raw", is_flag=True, help="End with the scores of the last layer: no softmax, no sigmoid, no labels.")
@click.option("--int8", is_flag=True, help="Eight bits for weights and activations; the loss of accuracy is told.")
@click.option("--no-verify", is_flag=True, help="Write it without trying it.")
@options.threads
def export(
    checkpoint: Path,
    output: Path,
    which: str,
    raw: bool,
    int8: bool,
    names: str | None,
    module: str | None,
    no_verify: bool,
    threads: int | None,
) -> None:
    """Write the network of CHECKPOINT, a file or a run directory, for other programs.

    .c: C99 with a header, for any machine.  .onnx: the network with its preparation inside (needs nntrain[onnx]).
    .py: a program that needs NumPy alone and prints what `nntrain predict` does.  .safetensors: the parameters.

    What is written is run before, where the program for it is installed, on examples of the run's own data.
    """
    options.check_suffix(output, *SUFFIXES)
    given = {"raw": raw, "int8": int8, "names": names is not None, "module": module is not None}
    for name, is_given in given.items():
        if is_given and name not in SUFFIXES[output.suffix.lower()]:
            takers = " and ".join(suffix for suffix, options in SUFFIXES.items() if name in options)
            raise ConfigError(f"--{name.replace('_', '-')}: is for {takers}, not {output.suffix.lower()}")
    if module is not None and names == "nntrain":
        raise ConfigError("--module torch: takes parameters with --names torch")
    _check_name(output, module)
    options.start(threads)
    loaded = options.load_checkpoint(checkpoint, which)
    from nntrain.export import exported

    if output.suffix.lower() == ".c":
        made = _c(loaded, output.name, int8)
    elif output.suffix.lower() == ".onnx":
        made = _onnx(loaded, output.name, raw)
    elif output.suffix.lower() == ".py":
        made = _program(loaded, output.name)
    else:
        made = _parameters(loaded, output.name, names == "torch" or module is not None, module is not None)
    if not no_verify:
        _verify(made, loaded)
    exported.write(made, output)
    print_path(output)


def _check_name(output: Path, module: str | None) -> None:
    """Refuse a name under which what is written could not be used."""
    hides = output.stem in sys.stdlib_module_names or output.stem in ("numpy", "torch")
    if hides and (output.suffix.lower() == ".py" or module is not None):
        raise ConfigError(f"--output {output}: {output.stem}.py would hide the module {output.stem}; take another name")
    if output.suffix.lower() == ".c" and any(sign in output.name for sign in '"\\\n'):
        raise ConfigError(f"--output {show(str(output))}: C cannot include a header of this name; take another")


def _c(loaded: Loaded, file: str, int8: bool) -> Exported:
    from nntrain.export.c_program import c_files
    from nntrain.export.description import describe
    from nntrain.export.rounding import rounded

    described = describe(loaded)
    made = c_files(described, file, {})  # what C does not have is refused before the data are read
    if not int8:
        return made
    quantized, activations, lines = rounded(loaded)
    for line in lines:
        say(line)
    return c_files(described, file, quantized, activations)


def _onnx(loaded: Loaded, file: str, raw: bool) -> Exported:
    from nntrain.export.description import describe
    from nntrain.export.onnx_model import onnx_file

    return onnx_file(describe(loaded), file, raw)


def _program(loaded: Loaded, file: str) -> Exported:
    from nntrain.export.description import describe
    from nntrain.export.numpy_program import program

    return program(describe(loaded), file)


def _parameters(loaded: Loaded, file: str, torch: bool, module: bool) -> Exported:
    from nntrain.export import parameters_file

    return parameters_file.torch_parameters(loaded, file, module) if torch else parameters_file.parameters(loaded, file)


def _verify(made: Exported, loaded: Loaded) -> None:
    from nntrain.export.exported import BOUNDS, verify
    from nntrain.export.reference import examples

    if made.run is None:
        warn(f"not verified: {made.runner} is not installed")
        return
    say(f"verified: {verify(made, lambda: examples(loaded, warn), BOUNDS[loaded.config.dtype])}")
