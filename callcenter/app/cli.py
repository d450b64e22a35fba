"""``callcenter``: every command, in one place. Thin: each command calls a service and prints."""

from __future__ import annotations

import sys

import typer

from callcenter.app import private
from callcenter.app.commands import alarms, aliases, deadlines, operators, queues, records, run, speech
from callcenter.app.console import fail, language
from callcenter.i18n import explain
from callcenter.kernel.errors import CallcenterError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tổng đài 1022: tổng đài tiếp nhận phản ánh của người dân / a citizens' hotline call centre.",
)


@app.callback()
def _before(context: typer.Context) -> None:
    private.set_umask(context.invoked_subcommand)


run.register(app)
records.register(app)
alarms.register(app)
app.add_typer(operators.app, name="operator")
app.add_typer(queues.app, name="queue")
app.add_typer(aliases.app, name="alias")
app.add_typer(deadlines.app, name="deadlines")
app.add_typer(speech.models, name="models")
app.add_typer(speech.prompts, name="prompts")
app.add_typer(records.ticket, name="ticket")
app.add_typer(records.recording, name="recording")


def main() -> None:
    """Run one command; an error of ours is one sentence in two languages and exit code 1."""
    try:
        app()
    except CallcenterError as error:
        fail(explain(error, language()), code=error.code)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
