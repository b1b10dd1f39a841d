"""The commands for a shell. Each imports what it needs when it runs: --help and --version are instant.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import sys

import click

from localpersona import __version__
from localpersona.cli.ask import ask
from localpersona.cli.chat import chat
from localpersona.cli.doctor import doctor
from localpersona.cli.history import history
from localpersona.cli.models import models
from localpersona.cli.onboard import onboard
from localpersona.cli.profile import profile


class _InOrder(click.Group):
    """Lists commands in the order in which a newcomer meets them, not alphabetically."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_InOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="localpersona")
@click.pass_context
def localpersona(context: click.Context) -> None:
    """A private assistant that learns, from about ten choices, how you like to be answered.

    Without a command it opens the chat. Everything stays on this machine.
    """
    if context.invoked_subcommand is None:
        context.invoke(chat)


for _command in (chat, ask, onboard, profile, models, history, doctor):
    localpersona.add_command(_command)


def main() -> None:
    """Run the command line and end the process with its exit code; never with a traceback the user caused."""
    try:
        code = localpersona.main(prog_name="localpersona", standalone_mode=False)
    except click.ClickException as error:  # wrong usage is 2, what a command failed at is 1
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = 130
    except BrokenPipeError:
        # The reader has gone (`localpersona … | head`); nobody is left to be told, not even at exit.
        sys.stdout = None
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
