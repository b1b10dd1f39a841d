"""The commands for a shell. Each imports what it needs when it runs: --help and --version are instant.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import io
import sys

import click

from localpersona import __version__
from localpersona.cli.ask import ask
from localpersona.cli.bench import bench
from localpersona.cli.chat import chat
from localpersona.cli.completion import completion
from localpersona.cli.doctor import doctor
from localpersona.cli.encrypting import decrypt, encrypt
from localpersona.cli.history import history, search
from localpersona.cli.keeping import backup, privacy, purge, restore
from localpersona.cli.models import models
from localpersona.cli.onboard import onboard
from localpersona.cli.profile import profile
from localpersona.cli.transfer import export, import_


class _Commands(click.Group):
    """Lists commands in the order in which a newcomer meets them; options without a command are the chat's."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(context) for name in parameter.opts}
        if args and args[0].startswith("-") and args[0].partition("=")[0] not in own:
            args = ["chat", *args]
        return super().parse_args(context, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="localpersona")
@click.pass_context
def localpersona(context: click.Context) -> None:
    """A private assistant that learns, from about ten choices, how you like to be answered.

    Without a command it opens the chat; options are the chat's then. Everything stays on this machine.
    """
    if context.invoked_subcommand is None:
        context.invoke(chat)


for _command in (
    chat, ask, onboard, profile, models,
    history, search, export, import_, backup, restore, encrypt, decrypt,
    privacy, purge,
    doctor, bench, completion,
):  # fmt: skip
    localpersona.add_command(_command)


def main() -> None:
    """Run the command line and end the process with its exit code; never with a traceback."""
    _accept_every_character()
    try:
        code = _run()
    except click.ClickException as error:  # wrong usage is 2, what a command failed at is 1
        _say(error)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say(click.ClickException("Interrupted."))
        code = 130
    except BrokenPipeError:
        # The reader has gone (`localpersona … | head`); nobody is left to be told, not even at exit.
        sys.stdout = None
        code = 0
    except OSError as error:
        from localpersona.cli.common import what_failed

        sys.stdout = None  # it may be what failed, and Python would write to it once more
        _say(click.ClickException(f"The output could not be written: {what_failed(error)}."))
        code = 1
    except Exception as error:
        from localpersona.cli.error_log import report

        _say(click.ClickException(report(error)))
        code = 1
    sys.exit(code)


def _run() -> int:
    code = localpersona.main(prog_name="localpersona", standalone_mode=False)
    if sys.stdout is not None:
        sys.stdout.flush()  # here, where it can still be told that it failed
    return code if isinstance(code, int) else 0


def _accept_every_character() -> None:
    """Let a terminal that cannot show a character show a question mark rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.closed:
            stream.reconfigure(errors="replace")


def _say(error: click.ClickException) -> None:
    with contextlib.suppress(OSError):  # nobody may be left to hear it
        if error.message == "Interrupted.":
            click.echo(error.message, err=True)
        else:
            error.show()
