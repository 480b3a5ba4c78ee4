"""nntrain sample."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from nntrain.cli import options
from nntrain.cli.terminal import print_data
from nntrain.errors import ConfigError

if TYPE_CHECKING:
    from nntrain.inference.beam_search import Search
    from nntrain.inference.load import Loaded
    from nntrain.inference.sampling import Drawing
    from nntrain.inference.text_writer import Writer


def _finite(context: click.Context, option: click.Parameter, value: float) -> float:
    if not isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number.")
    return value


@click.command
@options.checkpoint
@click.option("-n", "--count", type=click.IntRange(min=1), help="How many.  Default: 64 examples, 10 names, 1 text.")
@click.option("-o", "--output", type=options.OUTPUT, help="Write here: .png (a grid) or .npy; of text any file.")
@click.option("--seed", type=click.IntRange(min=0), help="Draw others.  Default: the run's seed.")
@click.option("--length", type=click.IntRange(min=1), default=500, show_default=True, help="Symbols of a text.")
@click.option(
    "--temperature",
    type=options.Number(min=0),
    callback=_finite,
    default=1.0,
    show_default=True,
    help="Of text: below 1 likelier symbols, above 1 more daring ones, 0 the likeliest alone.",
)
@click.option("--top-k", type=click.IntRange(min=1), help="Of text: draw among so many of the likeliest symbols.")
@click.option(
    "--top-p",
    type=options.Number(min=0, max=1, min_open=True),
    help="Of text: among the likeliest symbols that have this share of the probability together.",
)
@click.option("--prompt", default="", help="What a text or a name begins with; of an encoder, the text to turn.")
@options.beam
@options.length_penalty
@options.which
@options.threads
def sample(
    checkpoint: Path,
    count: int | None,
    output: Path | None,
    seed: int | None,
    length: int,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    prompt: str,
    beam: int | None,
    length_penalty: float,
    which: str,
    threads: int | None,
) -> None:
    """Draw new examples from CHECKPOINT, a file or a run directory: of a GAN, a variational autoencoder, a model
    of text or names, or an encoder and a decoder, which turn --prompt into another text.

    Text goes to stdout as it is drawn.
    """
    options.start(threads)
    from nntrain.inference.sampling import Drawing

    options.check_no_input(output, [checkpoint])
    loaded = options.load_checkpoint(checkpoint, which, draws=True)
    drawing = Drawing(temperature, top_k, top_p)
    if loaded.loop.translates:
        _refuse("texts as long as they turn out", "length")
        search = options.search_for(beam, length_penalty)
        if search is not None:
            drawn = ("temperature", "top_k", "top_p", "seed")
            _refuse("nothing: --beam finds the likeliest", *drawn, of="texts that are drawn")
        _write(_turned(loaded, prompt, count or 1, drawing, seed, search), output)
        return
    _refuse("none", "beam", "length_penalty", of="an encoder and a decoder")
    if loaded.loop.draws(loaded):
        _refuse("examples", "length", "temperature", "top_k", "top_p", "prompt")
        if output is None:
            raise ConfigError("sample: examples go into a file: -o grid.png or -o examples.npy")
        from nntrain.inference.samples import write_drawn

        write_drawn(loaded, count or 64, output, seed)
        return
    from nntrain.inference.text_writer import Writer

    names = loaded.config.dataset.ends
    if names:
        _refuse("names", "length")
    writer = Writer(loaded, drawing, seed)
    if names:
        _write((name + "\n" for name in writer.names(prompt, count or 10)), output)
    else:
        _write(_texts(writer, count or 1, prompt, length), output)


def _refuse(drawn: str, *names: str, of: str = "texts") -> None:
    """Raise for an option that was given and says nothing about what is drawn."""
    context = click.get_current_context()
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name.replace('_', '-')}: is of {of}; this network draws {drawn}")


def _turned(
    loaded: Loaded, prompt: str, count: int, drawing: Drawing, seed: int | None, search: Search | None
) -> Iterator[str]:
    """What a prompt is turned into, a line each: the best that a search finds, or texts that are drawn."""
    from nntrain.inference.translator import Translator

    if not prompt:
        raise ConfigError("sample: say with --prompt which text is to be turned; nntrain predict takes files of them")
    translator = Translator(loaded)
    if search is not None:
        if count > search.beams:
            raise ConfigError(
                f"--count {count}: a search that keeps {search.beams} finds no more; give a larger --beam"
            )
        yield from (text + "\n" for text in translator.best(prompt, search)[:count])
        return
    for number in range(count):
        yield translator.draw(prompt, drawing, loaded.config.seed if seed is None else seed, number) + "\n"


def _texts(writer: Writer, count: int, prompt: str, length: int) -> Iterator[str]:
    """Texts, each ended by a line break, with an empty line between two."""
    for number in range(count):
        if number:
            yield "\n"
        yield from writer.text(prompt, length, number)
        yield "\n"


def _write(pieces: Iterator[str], output: Path | None) -> None:
    """To stdout as it is drawn, or into a file."""
    from nntrain.files.storage import write_atomic

    if output is not None:
        write_atomic(output, ["".join(pieces).encode()])
        return
    for piece in pieces:
        print_data(piece, nl=False)  # and flushes
