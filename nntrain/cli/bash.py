"""Tab completion in bash."""

from __future__ import annotations

import os

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


class _Bash(BashComplete):
    """bash cuts words at `=`, and would put a space behind a key that still wants its value."""

    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *[=.] ]] && compopt -o nospace"
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        if incomplete == "=" and args:
            return args[:-1], f"{args[-1]}="
        if len(args) >= 2 and args[-1] == "=":
            return args[:-2], f"{args[-2]}={incomplete}"
        return args, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        split = "=" in os.environ.get("COMP_WORDS", "").split()
        if split and item.type == "plain" and "=" in item.value and not item.value.endswith("="):
            item = CompletionItem(item.value.partition("=")[2], item.type)
        return super().format_completion(item)


add_completion_class(_Bash)
