"""``callcenter calls``, ``tickets``, ``ticket`` and ``recording``: what was kept of the calls."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session

from callcenter.app import bootstrap
from callcenter.app.console import fail, language, local_time, print_json, print_table, say, settings
from callcenter.calls import repository as calls_repository
from callcenter.i18n import t
from callcenter.kernel.errors import NotFound
from callcenter.kernel.ids import call_id
from callcenter.storage.engine import open_database
from callcenter.tickets import service as tickets_service
from recordings.core.integrity import BrokenLink, parse_anchor
from recordings.core.naming import RecordingKind

Json = Annotated[bool, typer.Option("--json", help="JSON")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Số dòng / rows")]

ticket = typer.Typer(no_args_is_help=True, help="Một phiếu / one ticket.")
recording = typer.Typer(no_args_is_help=True, help="Ghi âm / recordings.")


def register(app: typer.Typer) -> None:
    """Add the listing commands to the top level."""
    app.command()(calls)
    app.command()(tickets)


def calls(as_json: Json = False, limit: Limit = 50) -> None:
    """Sổ cuộc gọi / the ledger: each call with its one outcome, newest first."""
    with open_database(settings().database_url).reading() as tx:
        rows = [_call(tx, row) for row in calls_repository.newest_calls(tx, limit)]
    if as_json:
        print_json(rows)
        return
    columns = (
        "call",
        "started_at",
        "alias",
        "outcome",
        "wait_s",
        "talk_s",
        "wrap_up_s",
        "operator",
        "ticket",
    )
    print_table(columns, [{**row, "started_at": local_time(row["started_at"])} for row in rows])


def _call(tx: Session, row: Any) -> dict[str, Any]:
    ticket_of_call = tickets_service.find_by_call(tx, row.call)
    kept = calls_repository.recordings(tx, row.call)
    heard = calls_repository.transcript(tx, row.call)
    return {
        "call": row.call,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "alias": row.alias,
        "queue": row.queue,
        "outcome": row.outcome,
        "wait_s": row.wait_s,
        "talk_s": row.talk_s,
        "wrap_up_s": row.wrap_up_s,
        "operator": row.agent,
        "offers": row.offers,
        "menu": row.menu_path,
        "recording_declined": row.recording_declined,
        "recording": next((part.path for part in kept if part.path), None),
        "sha256": next((part.sha256 for part in kept if part.sha256), None),
        "duration_s": next((part.duration_s for part in kept if part.path), None),
        "recording_problem": next((part.problem for part in kept if part.problem), None),
        "transcript": heard.status if heard else None,
        "transcript_reason": heard.reason if heard else None,
        "ticket": ticket_of_call.code if ticket_of_call else None,
    }


def tickets(as_json: Json = False, limit: Limit = 50) -> None:
    """Danh sách phiếu / the latest tickets."""
    with open_database(settings().database_url).reading() as tx:
        rows = [_ticket(row) for row in tickets_service.list_recent(tx, limit)]
    if as_json:
        print_json(rows)
        return
    columns = ("code", "opened_at", "alias", "state", "answered_by", "text")
    print_table(columns, [_for_people(row) for row in rows])


def _ticket(row: tickets_service.Ticket) -> dict[str, Any]:
    return {**asdict(row), "state": str(row.state)}


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    """The ticket in the reader's language and Viet Nam's time."""
    yes_no = "yes" if row["recording_declined"] else "no"
    return {
        **row,
        "opened_at": local_time(row["opened_at"]),
        "state": t(f"ticket.state.{row['state']}", lang=language()),
        "transcript_status": t(f"ticket.transcript.{row['transcript_status']}", lang=language()),
        "recording_declined": t(f"answer.{yes_no}", lang=language()),
    }


@ticket.command()
def show(
    code: Annotated[str, typer.Argument(help="Mã phiếu / code, as read aloud")], as_json: Json = False
) -> None:
    """Xem một phiếu / one ticket with its dialogue and history."""
    with open_database(settings().database_url).reading() as tx:
        found = tickets_service.find_by_code(tx, code)
        if found is None:
            raise NotFound("ticket_unknown", ticket=code[:32])
        heard = calls_repository.transcript(tx, found.call) if found.call else None
        history = [asdict(entry) for entry in tickets_service.history(tx, found.code)]
    turns = heard.dialogue["turns"] if heard and heard.dialogue else []
    if as_json:
        print_json({**_ticket(found), "dialogue": turns, "history": history})
        return
    for name, value in _for_people(_ticket(found)).items():
        say("ticket.line", name=t(f"column.{name}", lang=language()), value="—" if value is None else value)
    for turn in turns:
        speaker = t(f"speaker.{turn['speaker']}", lang=language())
        say("ticket.turn", start=f"{turn['start_s']:6.1f}", speaker=speaker, text=turn["text"])


@recording.command()
def export(
    call: str,
    out: Annotated[Path, typer.Option("--out", help="Tệp WAV / the WAV file to write")],
    overwrite: Annotated[bool, typer.Option("--overwrite")] = False,
) -> None:
    """Giải mã một bản ghi âm ra WAV / decrypt one recording (citizen left, operator right)."""
    chosen = settings()
    store = bootstrap.recording_store(chosen, can_read=True)
    kind = RecordingKind.CALL if store.find(call_id(call)) else RecordingKind.MESSAGE
    store.export(call_id(call), out, overwrite=overwrite, kind=kind)
    say("recording.exported", file=str(out))


@recording.command()
def verify(
    anchor: Annotated[str | None, typer.Option("--anchor", help="HASH@SEQ kept elsewhere")] = None,
    as_json: Json = False,
) -> None:
    """Kiểm tra chuỗi băm / check every recording; names the first broken link."""
    store = bootstrap.recording_store(settings(), can_read=False)
    result = store.verify(anchor=parse_anchor(anchor) if anchor else None)
    if as_json:
        print_json({"intact": not isinstance(result, BrokenLink), **asdict(result)})
    elif not isinstance(result, BrokenLink):
        say("recording.intact", count=result.count, anchor=f"{result.head}@{result.count}")
    if isinstance(result, BrokenLink):
        fail(
            t("recording.broken", lang=language(), seq=result.seq, call=result.call, why=result.why),
            code="recording_chain_broken",
        )
