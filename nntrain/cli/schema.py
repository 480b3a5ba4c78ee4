"""nntrain schema."""

from __future__ import annotations

import click


@click.command
def schema() -> None:
    """JSON Schema of the config, for editors."""
    import json

    from nntrain.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
