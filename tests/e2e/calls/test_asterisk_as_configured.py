"""The Asterisk that runs is the one that we wrote down: its modules, its user, what its accounts may do."""

from __future__ import annotations

import json
import os
import re
import socket

import psutil
import pytest

from callcenter.asterisk import process
from callcenter.asterisk.config import AMI_EVENTS, modules
from tests.helpers.callcentre import CallCentre
from tests.helpers.phones import Phones, settings_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]

DENIED = "Permission denied"


class Ami:
    """A login of ours on the manager port, by hand. Use as a context manager."""

    def __init__(self, centre: CallCentre, account: str) -> None:
        secrets = json.loads((centre.var / "run/ami.json").read_text())
        self._socket = socket.create_connection(("127.0.0.1", centre.ports["ami"]), timeout=5)
        self._file = self._socket.makefile("rb")
        self._file.readline()
        secret = secrets[f"{account}_secret"]
        assert self.ask("Login", Username=f"cc-{account}", Secret=secret)["Response"] == "Success"

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, action: str, **headers: str) -> dict[str, str]:
        """Its answer."""
        lines = [
            f"Action: {action}",
            "ActionID: mine",
            *(f"{name}: {text}" for name, text in headers.items()),
        ]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = self.message()
            if message.get("ActionID") == "mine" and "Response" in message:
                return message

    def message(self) -> dict[str, str]:
        """The next message of any kind."""
        found: dict[str, str] = {}
        while line := self._file.readline().decode(errors="replace").rstrip("\r\n"):
            name, _, text = line.partition(": ")
            found[name] = text
        return found


def test_exactly_the_listed_modules_are_loaded(phones: Phones) -> None:
    chosen = settings_of(phones.centre)
    asterisk = process.find(chosen.tools)
    shown = process.command(asterisk, chosen.var / "asterisk/etc", "module show")
    assert shown is not None
    loaded = set(re.findall(r"^(\w+)\.so ", shown, re.MULTILINE))
    assert loaded == set(modules())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_asterisk_is_an_ordinary_user(phones: Phones) -> None:
    said = (phones.centre.var / "log/asterisk.log").read_text()
    if str(phones.centre.var) in said:
        pytest.skip("an ordinary user cannot read the tools here")
    running: psutil.Process = phones.centre.role("asterisk")
    assert 0 not in (*running.uids(), *running.gids())
    owner = (phones.centre.var / "asterisk/etc/manager.conf").stat()
    assert owner.st_uid == running.uids().real
    assert owner.st_mode & 0o077 == 0


@pytest.mark.seed("S0-31")
def test_who_steals_the_account_that_acts_cannot_leave_the_dialplan(phones: Phones) -> None:
    with Ami(phones.centre, "actions") as ami:
        for action, headers in (
            ("Command", {"Command": "core show version"}),
            ("Reload", {}),
            ("ModuleLoad", {"LoadType": "reload", "Module": "app_dial"}),
            ("GetConfig", {"Filename": "manager.conf"}),
            ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
            ("ListCategories", {"Filename": "../../../etc/passwd"}),
            ("DBPut", {"Family": "x", "Key": "y", "Val": "z"}),
        ):
            answer = ami.ask(action, **headers)
            assert (answer["Response"], answer["Message"]) == ("Error", DENIED), action
        for application in ("System", "AGI", "EAGI", "MixMonitor", "TrySystem", "Exec"):
            answer = ami.ask(
                "Originate", Channel="Local/1022@arrive", Application=application, Data="id", Async="true"
            )
            assert answer["Response"] == "Error", application
        assert ami.ask("Ping")["Response"] == "Success"


@pytest.mark.seed("S0-31")
def test_who_steals_the_account_that_listens_can_do_nothing_at_all(phones: Phones) -> None:
    with Ami(phones.centre, "events") as ami:
        for action, headers in (
            ("Redirect", {"Channel": "x", "Context": "hold", "Exten": "s", "Priority": "1"}),
            ("Setvar", {"Variable": "CC_BEAT", "Value": "1"}),
            ("Originate", {"Channel": "Local/1022@arrive", "Exten": "1022", "Context": "arrive"}),
            ("Hangup", {"Channel": "x"}),
            ("Command", {"Command": "core stop now"}),
            ("CoreShowChannels", {}),
        ):
            answer = ami.ask(action, **headers)
            assert (answer["Response"], answer["Message"]) == ("Error", DENIED), action


def test_the_listening_account_hears_only_what_the_switchboard_needs(phones: Phones) -> None:
    with Ami(phones.centre, "events") as ami:
        citizen = phones.citizen(leave_s=1.5)
        heard = set()
        while (event := ami.message().get("Event", "")) != "Hangup":
            heard.add(event)
        citizen.wait(10)
    assert heard <= set(AMI_EVENTS)
    assert "UserEvent" in heard


def test_a_wrong_secret_is_refused(phones: Phones) -> None:
    with socket.create_connection(("127.0.0.1", phones.centre.ports["ami"]), timeout=5) as wire:
        wire.sendall(b"Action: Login\r\nUsername: cc-actions\r\nSecret: \r\n\r\n")
        answer = wire.recv(4096)
        while b"Response" not in answer:
            answer += wire.recv(4096)
    assert b"Authentication failed" in answer
