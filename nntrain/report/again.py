"""How a run is trained again: its command, config and environment."""

from __future__ import annotations

from nntrain.errors import NNTrainError
from nntrain.messages import in_html, shell_command
from nntrain.report.axes import word
from nntrain.runs import Run


def section(run: Run) -> str:
    """Config, environment and the command that does it again."""
    meta = run.read_meta()
    command = shell_command("nntrain", "fit", run.config_path)
    facts = {key: value for key, value in meta.items() if key not in ("command", "directory")}
    given = meta.get("command")
    started = shell_command("nntrain", *given[1:]) if given else ""
    told = {str(key): word(value) for key, value in facts.items() if value is not None}
    entries = "".join(f"<dt>{in_html(key)}</dt><dd>{in_html(value)}</dd>" for key, value in told.items())
    try:
        config = run.read_config()
    except NNTrainError as error:  # the report has what there is
        config = str(error)
    parts = ["<h3>Again</h3><p>This command trains it again:</p>", _code(command)]
    if started:
        parts.append(f'<p class="soft">It was started with:</p>{_code(started)}')
    parts.append(f"<details><summary>Config</summary>{_code(config)}</details>")
    parts.append(f"<details><summary>Environment</summary><dl>{entries}</dl></details>")
    return "".join(parts)


def _code(text: str) -> str:
    return f'<pre tabindex="0">{in_html(text)}</pre>'
