"""The computing graph as SVG, as a page, as Mermaid and as dot.  No program draws it but this one."""

from __future__ import annotations

from collections import Counter

import numpy as np

from nntrain.messages import in_html
from nntrain.model.shapes import Array
from nntrain.textbook.computing_graph import Graph, Node
from nntrain.textbook.layout import Placed, place
from nntrain.textbook.notation import shape_text

CHARACTER, LINE, PAD = 7.4, 16.0, 9.0  # pixels
SHOWN = 3  # numbers of an array that are written out

_STYLE = """
svg { font: 13px/1.2 ui-monospace, Menlo, Consolas, monospace; --ink: #1b1f24; --paper: #fff; --line: #8a93a0;
  --step: #eef3fb; --parameter: #f3eefb; --input: #edf7ee; --cost: #fdeeee; --forward: #0b6b3a; --back: #b3261e }
@media (prefers-color-scheme: dark) { svg { --ink: #e6e9ee; --paper: #14171c; --line: #7b8594; --step: #1f2937;
  --parameter: #2b2240; --input: #17301d; --cost: #3d1d1d; --forward: #7ddba3; --back: #ff9c92 } }
.paper { fill: var(--paper) }
rect.box { stroke: var(--line) } .step rect { fill: var(--step) } .parameter rect { fill: var(--parameter) }
.input rect { fill: var(--input) } .cost rect { fill: var(--cost) }
text { fill: var(--ink); text-anchor: middle } .small { font-size: 11px; opacity: .75 }
.value { fill: var(--forward); font-size: 11px } .derivative { fill: var(--back); font-size: 11px }
path.edge { fill: none; stroke: var(--line) } marker path { fill: var(--line) }
""".strip()


def as_svg(graph: Graph) -> str:
    """The graph as one SVG file; a box tells its equation to the pointer."""
    labels = {node.number: _lines(graph, node) for node in graph.nodes}
    sizes = {
        number: (max(len(text) for _, text in lines) * CHARACTER + 2 * PAD, len(lines) * LINE + PAD)
        for number, lines in labels.items()
    }
    edges = [(i, node.number) for node in graph.nodes for i in node.inputs]
    placed = place(sizes, edges, [node.number for node in graph.nodes if node.kind != "step" and not node.inputs])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {placed.width:.0f} {placed.height:.0f}" '
        f'width="{placed.width:.0f}" height="{placed.height:.0f}" role="img">',
        f"<title>computing graph</title><style>{_STYLE}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect class="paper" width="{placed.width:.0f}" height="{placed.height:.0f}"/>',
    ]
    parts += _edges(graph, placed)
    for node in graph.nodes:
        box = placed.boxes[node.number]
        left, top = box.x - box.width / 2, box.y - box.height / 2
        rounded = 9 if node.kind == "parameter" else 4
        parts.append(
            f'<g class="{node.kind}"><title>{in_html(_told(node))}</title>'
            f'<rect class="box" x="{left:.1f}" y="{top:.1f}" '
            f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{rounded}"/>'
        )
        for k, (kind, text) in enumerate(labels[node.number]):
            y = top + PAD / 2 + LINE * (k + 0.75)
            parts.append(f'<text class="{kind}" x="{box.x:.1f}" y="{y:.1f}">{in_html(text)}</text>')
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _edges(graph: Graph, placed: Placed) -> list[str]:
    """Arrows; where a value goes several ways, with the derivative that comes back on each."""
    ways = Counter(i for node in graph.nodes for i in node.inputs)
    parts = []
    for start, end, back in graph.edges():
        points = placed.edges[start.number, end.number]
        parts.append(f'<path class="edge" d="{_curve(points)}" marker-end="url(#arrow)"/>')
        if graph.has_values and back is not None and ways[start.number] > 1:
            x, y = points[-1]
            parts.append(
                f'<text class="derivative" x="{x:.1f}" y="{y - 12:.1f}">∂ {numbers(back.reshape(-1)[:1])}</text>'
            )
    return parts


def as_html(graph: Graph, name: str) -> str:
    """The SVG on a page of its own."""
    legend = (
        "Green is the value that a step gives, going down; red the derivative of the cost by it, coming back."
        if graph.has_values
        else "Each box tells its equation to the pointer."
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{in_html(name)}: computing graph</title>"
        "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:1rem}"
        "main{overflow:auto}</style></head><body>"
        f'<h1>{in_html(name)}</h1><p>{legend}</p><main tabindex="0">\n{as_svg(graph)}</main></body></html>\n'
    )


def as_mermaid(graph: Graph) -> str:
    """A Mermaid flowchart."""
    lines = ["flowchart TD"]
    for node in graph.nodes:
        text = "<br>".join(_mermaid(text) for _, text in _lines(graph, node))
        opening, closing = {"parameter": ("([", "])"), "input": ("[/", "/]"), "cost": ("[[", "]]")}.get(
            node.kind, ("[", "]")
        )
        lines.append(f'  n{node.number}{opening}"{text}"{closing}')
    lines += [f"  n{a.number} --> n{b.number}" for a, b, _ in graph.edges()]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    return "".join(f"#{ord(c)};" if c in '"<>&#' else c for c in text)


def as_dot(graph: Graph) -> str:
    """A digraph in the language of Graphviz."""
    lines = ["digraph computing_graph {", "  node [shape=box, fontname=monospace];"]
    for node in graph.nodes:
        text = r"\n".join(t.replace("\\", "\\\\").replace('"', r"\"") for _, t in _lines(graph, node))
        shape = {"parameter": ", style=rounded", "input": ", shape=parallelogram", "cost": ", peripheries=2"}.get(
            node.kind, ""
        )
        lines.append(f'  n{node.number} [label="{text}"{shape}];')
    lines += [f"  n{a.number} -> n{b.number};" for a, b, _ in graph.edges()]
    return "\n".join([*lines, "}"]) + "\n"


def _lines(graph: Graph, node: Node) -> list[tuple[str, str]]:
    """What stands in a box: its label, whose it is, the shape; with an example its value and derivative."""
    lines = [("label", node.label)]
    if node.place and node.kind != "input":
        lines.append(("small", node.place))
    if node.shape:
        lines.append(("small", shape_text(node.shape)))
    if graph.has_values:
        lines.append(("value", numbers(node.value)))
        if node.derivative is not None and node.value.dtype.kind == "f":
            lines.append(("derivative", f"∂ {numbers(node.derivative)}"))
    return lines


def _told(node: Node) -> str:
    """What a box tells to the pointer."""
    equation = (
        node.operation.equation if node.operation else {"input": "an input", "parameter": "a parameter"}[node.kind]
    )
    lines = [f"{node.place}: {node.label}" if node.place else node.label, equation]
    if node.back:
        lines += [f"comes back to input {k + 1}: {numbers(share)}" for k, share in enumerate(node.back)]
    return "\n".join(lines)


def numbers(values: Array) -> str:
    """The first numbers of an array, three digits each."""
    flat = np.asarray(values).reshape(-1)
    shown = " ".join(f"{value + 0.0:.3g}" for value in flat[:SHOWN])  # + 0.0: no -0
    return f"{shown} …" if flat.size > SHOWN else shown


def _curve(points: list[tuple[float, float]]) -> str:
    """A line through the points that leaves and arrives upright."""
    (x, y), *others = points
    path = f"M{x:.1f} {y:.1f}"
    for to_x, to_y in others:
        middle = (y + to_y) / 2
        path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return path
