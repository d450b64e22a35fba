"""Names and numbers that try to be something else: commands, paths, channels, AMI headers, endless texts."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.e2e.calls.raw_caller import RawCaller
from tests.helpers.callcentre import until
from tests.helpers.phones import Phones

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

SENDERS = {
    "channel": b'"x" <sip:500&PJSIP/desk1010@127.0.0.2>',
    "command": b'"$(id > /tmp/owned)" <sip:$(id)@127.0.0.2>',
    "function": b'"${SHELL(id)}" <sip:0900000776@127.0.0.2>',
    "path": b'"../../x" <sip:../../../x@127.0.0.2>',
    "header": b'"a"\r\n <sip:0900000777@127.0.0.2>;tag=folded\r\nAction: Originate\r\nChannel: Local/1@arrive',
    "quoted line break": b'"a%0d%0aAction: Originate" <sip:0900%0d%0aAction:Originate@127.0.0.2>',
    "Vietnamese": '"Nguyễn Thị Ánh ☎" <sip:+84905123456@127.0.0.2>'.encode(),
    "not UTF-8": b'"\xff\xfe\xc0\x80" <sip:0900000778@127.0.0.2>',
    "dialplan": b'"a,b|c;d" <sip:1022,n,System(id)@127.0.0.2>',
    "sql": b"\"x'; drop table ticket; --\" <sip:1';drop@127.0.0.2>",
    "very long": b'"%s" <sip:%s@127.0.0.2>' % (b"x" * 300, b"9" * 300),
}


def test_every_such_caller_is_a_caller_like_any_other(phones: Phones) -> None:
    operator = phones.operator(talk_s=0.6)
    stats_before = phones.centre.state()["bridge"]
    files_before = _files(phones)
    seen: dict[str, str] = {}
    for name, sender in SENDERS.items():
        known = set(_calls(phones))
        with RawCaller(phones.server, sender) as caller:
            assert caller.status == 200, name
            seen[name] = until(lambda: next(iter(set(_calls(phones)) - known), None), 5, why=name)  # noqa: B023

    for name, call in seen.items():
        row = until(
            lambda: next(iter(phones.rows("select * from call where call = ?", call)), None),  # noqa: B023
            20,
            why=f"the call of {name} is in the ledger",
        )
        assert row["alias"] == "1022", name
        assert re.fullmatch(r"\+?[0-9]{0,40}", row["caller"]), name
        assert row["outcome"] == "abandoned_ivr", name
    assert operator.stories == []
    stats = phones.centre.state()["bridge"]
    for counter in ("malformed", "links", "rejected_logins", "handler_errors", "oversize"):
        assert stats[counter] == stats_before[counter], counter
    assert _files(phones) == files_before


def test_a_header_that_is_no_sip_makes_no_call(phones: Phones) -> None:
    known = _calls(phones)
    with pytest.raises(TimeoutError), RawCaller(phones.server, b'"x" <sip:${SHELL(id)}@127.0.0.2>'):
        pass
    assert _calls(phones) == known


def test_such_callers_reach_an_operator_and_get_a_ticket(phones: Phones) -> None:
    names = ("command", "header", "Vietnamese", "very long")
    operators = [phones.operator(talk_s=1.0) for _ in names]
    known = set(_calls(phones))
    with ExitStack() as calls, ThreadPoolExecutor(len(names)) as fingers:
        callers = [calls.enter_context(RawCaller(phones.server, SENDERS[name])) for name in names]
        list(fingers.map(lambda caller: caller.press("00", every_s=0.6), callers))
        made = set(_calls(phones)) - known
        assert len(made) == len(names)
        for call in made:
            phones.until_fact(call, "TalkEnded", 25)
    assert all(story.answered for operator in operators for story in operator.stories)
    for call in made:
        ticket = phones.ticket(call)
        assert (ticket["outcome"], ticket["alias"]) == ("answered", "1022")
        assert phones.rows("select * from recording where call = ?", call)[0]["problem"] is None


def _calls(phones: Phones) -> list[str]:
    return [record.data["call"] for record in phones.centre.journal() if record.type == "CallStarted"]


def _files(phones: Phones) -> set[str]:
    """Folders and names in the centre's folder, but those that each call leaves by right."""
    var = phones.centre.var
    return {
        str(path.relative_to(var))
        for path in var.rglob("*")
        if not re.fullmatch(r"[0-9-]+[.].*|.*sqlite3-.*|node1-.*", path.name)
    }
