"""An explanation as text for a terminal, as Markdown with LaTeX, and as a page with MathML."""

from __future__ import annotations

from collections.abc import Iterator

from nntrain.messages import in_html
from nntrain.textbook.beside_layers import Part
from nntrain.textbook.equations import Explanation, Step, numbers_kept, operations
from nntrain.textbook.latex import latex
from nntrain.textbook.mathml import mathml
from nntrain.textbook.notation import shape_text, text


def as_text(explanation: Explanation, only: str | None = None) -> str:
    """The explanation for people at a terminal; of one layer, or of all."""
    lines: list[str] = []
    for heading, step in _chosen(explanation, only):
        lines += [heading, ""] if heading else []
        pad = "  " * step.depth
        lines.append(pad + _title(step))
        below = [*(text(line) for line in (*step.forward, *step.backward)), *_facts(step)]
        lines += [f"{pad}  {line}" for line in below] + [""]
    if only is None:
        lines += [f"{line}\n" for line in _totals(explanation)]
        for part in explanation.parts:
            below = [*(text(line) for line in part.lines), *_words(part)]
            lines += [part.heading, *(f"  {line}" for line in below), ""]
    return "\n".join(lines).rstrip()


def as_markdown(explanation: Explanation, only: str | None = None) -> str:
    """The explanation as Markdown, its equations in LaTeX between dollar signs."""
    lines = [f"# {explanation.name}", ""]
    for heading, step in _chosen(explanation, only):
        if heading:
            lines += [f"## {heading}", ""]
        lines += [f"### {_title(step)}", "", *(f"$$ {latex(line)} $$\n" for line in (*step.forward, *step.backward))]
        lines += [f"{line}  " for line in _facts(step)] + [""]
    if only is None:
        lines += [f"{line}\n" for line in _totals(explanation)]
        for part in explanation.parts:
            lines += [f"### {part.heading}", "", *(f"$$ {latex(line)} $$\n" for line in part.lines)]
            lines += [f"{line}  " for line in _words(part)] + [""]
    return "\n".join(lines).rstrip() + "\n"


def as_html(explanation: Explanation, only: str | None = None) -> str:
    """The explanation as a page of its own, its equations in MathML."""
    body = [f"<h1>{in_html(explanation.name)}</h1>"]
    for heading, step in _chosen(explanation, only):
        body += [f"<h2>{in_html(heading)}</h2>"] if heading else []
        body.append(f'<section style="margin-left:{2 * step.depth}em"><h3>{in_html(_title(step))}</h3>')
        body += [mathml(line) for line in (*step.forward, *step.backward)]
        body += [f"<p>{in_html(line)}</p>" for line in _facts(step)] + ["</section>"]
    if only is None:
        body += [f"<p>{in_html(line)}</p>" for line in _totals(explanation)]
        for part in explanation.parts:
            body += [f"<section><h3>{in_html(part.heading)}</h3>", *(mathml(line) for line in part.lines)]
            body += [f"<p>{in_html(line)}</p>" for line in _words(part)] + ["</section>"]
    return _PAGE.format(title=in_html(explanation.name), body="\n".join(body))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: equations</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
h3 {{ margin: 1.6rem 0 .4rem; overflow-wrap: anywhere }}
munder mtext {{ font-size: .8em; opacity: .7 }}
p {{ margin: .2rem 0; opacity: .8 }}
.equation {{ opacity: 1; overflow-x: auto; font-family: math, serif }}
.equation {{ padding: .2rem 0 .2rem 1.5em; text-indent: -1.5em }}
</style></head><body><main>
{body}
</main></body></html>
"""


def _chosen(explanation: Explanation, only: str | None) -> Iterator[tuple[str, Step]]:
    """The steps to show, the first of each of several networks with its name."""
    for name, steps in explanation.networks.items():
        heading = name if len(explanation.networks) > 1 else ""
        for step in steps:
            if only is None or step.path == only:
                yield heading, step
                heading = ""


def _title(step: Step) -> str:
    counted = f", {step.count:,} parameters" if step.count else ""
    number = f"layer {step.number}: " if step.number else ""
    return f"{number}{step.path} ({step.layer.type}{counted})"


def _facts(step: Step) -> list[str]:
    """What stands below a layer's equations."""
    lines = [] if step.forward else [f"{shape_text(step.input)} -> {shape_text(step.output)}"]
    cited = "".join(f"; {source}" for source in step.sources)
    return [*lines, *_given(step.arguments), f"{step.flops:,} operations an example{cited}"]


def _words(part: Part) -> list[str]:
    """What stands below the equations of a part."""
    lines = [part.words] if part.words else []
    return [*lines, *_given(part.values), *(["; ".join(part.sources)] if part.sources else [])]


def _given(values: dict[str, object]) -> list[str]:
    return [f"with {', '.join(f'{name} = {value}' for name, value in values.items())}"] if values else []


def _totals(explanation: Explanation) -> Iterator[str]:
    """A line a network: its parameters, operations and memory."""
    for name, steps in explanation.networks.items():
        parameters = sum(step.count for step in steps)
        kept = numbers_kept(steps) * explanation.batch_size * explanation.itemsize
        of_several = f"{name}: " if len(explanation.networks) > 1 else ""
        yield (
            f"{of_several}{parameters:,} parameters, {operations(steps):,} operations an example forward and about "
            f"twice as many back; a batch of m = {explanation.batch_size} keeps {_bytes(kept)} for the way back"
        )


def _bytes(count: int) -> str:
    """A size for people: 24 kB, 1.4 MB."""
    return f"{count / 1e3:,.0f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"
