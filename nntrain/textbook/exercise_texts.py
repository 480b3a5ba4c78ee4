"""Exercises: a component with blanks to fill in, made from its solution.

Each text in `exercises/` is a solved component.  A line that ends in `# blank` is given to the learner with `...` in
place of its right side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

_BLANK = re.compile(r"^(?P<left> *[^=\n]*?[^=<>!\n+] \+?=) (?P<right>.*)  # blank$", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """An exercise: its number in the order of the course, its name, and its solution's source."""

    number: int
    name: str
    solution: str

    @property
    def component(self) -> str:
        """The name that the component has in configs: my_dense."""
        return f"my_{self.name}"

    @property
    def title(self) -> str:
        """The first line of its statement."""
        return self.solution.split("\n")[0].strip('"').rstrip(".")

    @property
    def source(self) -> str:
        """The solution without its marks."""
        return self.solution.replace("  # blank\n", "\n")

    @property
    def blanks(self) -> list[tuple[str, str]]:
        """Left and right side of each line to be filled in: ("dX =", "p.W.T @ dZ")."""
        return [(match["left"].strip(), match["right"]) for match in _BLANK.finditer(self.solution)]

    def text(self, count: int) -> str:
        """What is given: the statement, how to go on, and the blanks."""
        statement, rest = self.solution.split('"""\n', 1)
        kind = {"layers": "a layer", "losses": "the loss", "optimizers": "the optimizer"}[
            re.findall(r"from nntrain\.(layers|losses|optimizers) ", rest)[0]
        ]
        with_blanks = _BLANK.sub(lambda match: f"{match['left']} ...", rest)
        return (
            f'"""Exercise {self.number} of {count}: {statement[3:].rstrip()}\n\n'
            f"Fill in every `...`, then:  nntrain exercise check {self.component}.py\n"
            f"Solved, it is {kind} of any config:  nntrain fit CONFIG --import {self.component}.py\n"
            f'"""\n{with_blanks}'
        )


def exercises() -> dict[str, Exercise]:
    """Every exercise by name, in the order of the course."""
    found = {}
    for file in sorted(resources.files("nntrain.textbook").joinpath("exercises").iterdir(), key=lambda file: file.name):
        number, _, name = file.name.removesuffix(".txt").partition("_")
        found[name] = Exercise(int(number), name, file.read_text("utf-8"))
    return found
