"""`localpersona completion`: what a shell needs to complete commands and options with the Tab key."""

from __future__ import annotations

import click

_HOW = {
    "bash": "echo 'eval \"$(localpersona completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(localpersona completion zsh)\"' >> ~/.zshrc",
    "fish": "localpersona completion fish > ~/.config/fish/completions/localpersona.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_HOW)), required=False)
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Complete commands with Tab: print the script, or how to install it."""
    if shell is None:
        click.echo("Type the line of your shell once, then open a new one:\n")
        for name, line in _HOW.items():
            click.echo(f"  {name:5} {line}")
        return
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root()
    # Not click's own shortcut, which starts bash to ask for its version: who asks for a script has the shell.
    script = kind(root.command, {}, "localpersona", "_LOCALPERSONA_COMPLETE")
    click.echo(script.source_template % script.source_vars())
