"""Accounts of operators and the snapshot made of them, on both databases."""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from acd.core.config import QueueSettings
from callcenter.desks import service
from callcenter.desks.service import Alias
from callcenter.desks.snapshot import build, load, save, to_configuration
from callcenter.kernel.errors import BadInput, Conflict, NotFound
from callcenter.kernel.ids import QueueName
from callcenter.storage.engine import Database
from tests.helpers.databases import database, database_url

pytestmark = pytest.mark.contract
__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_an_operator_gets_a_secret_of_which_only_the_digest_is_kept(database: Database) -> None:
    with database.transaction() as tx:
        made = service.add_operator(tx, "1001", "Lê Thị Hoa", now=NOW)
    assert len(made.sip_secret) == 20
    assert made.sip_secret not in repr(made)
    with database.reading() as tx:
        (operator,) = service.list_operators(tx)
        (desk,) = build(tx).operators
    assert operator.sip_username == "desk1001"
    assert operator.queues == ("general",)
    assert desk.sip_ha1 == hashlib.md5(f"desk1001:asterisk:{made.sip_secret}".encode()).hexdigest()
    assert made.sip_secret not in build_text(database)


def build_text(database: Database) -> str:
    with database.reading() as tx:
        return build(tx).model_dump_json()


def test_a_number_is_given_once_even_to_a_former_operator(database: Database) -> None:
    with database.transaction() as tx:
        service.add_operator(tx, "1001", "Hoa", now=NOW)
        service.deactivate(tx, "1001")
    with pytest.raises(Conflict) as caught, database.transaction() as tx:
        service.add_operator(tx, "1001", "Lan", now=NOW)
    assert caught.value.code == "operator_exists"


@pytest.mark.parametrize(
    ("number", "name", "queues", "languages"),
    [
        ("12", "Hoa", ("general",), ("vi",)),
        ("1001", "  ", ("general",), ("vi",)),
        ("1001", "Hoa\nLan\x00", ("general",), ("vi",)),
        ("1001", "Hoa", (), ("vi",)),
        ("1001", "Hoa", ("general",), ("tiếng việt",)),
        ("1001", "Hoa", ("no such",), ("vi",)),
    ],
)
def test_malformed_accounts_are_refused(
    database: Database, number: str, name: str, queues: tuple[str, ...], languages: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput), database.transaction() as tx:
        service.add_operator(tx, number, name, now=NOW, queues=queues, languages=languages)
    with database.reading() as tx:
        assert service.list_operators(tx) == ()


def test_an_unknown_queue_is_named(database: Database) -> None:
    with pytest.raises(NotFound) as caught, database.transaction() as tx:
        service.add_operator(tx, "1001", "Hoa", now=NOW, queues=("disaster",))
    assert caught.value.fields == {"queue": "disaster"}


def test_a_former_operator_stays_in_the_list_and_leaves_the_snapshot(database: Database) -> None:
    with database.transaction() as tx:
        service.add_operator(tx, "1001", "Hoa", now=NOW)
        service.deactivate(tx, "1001")
        service.deactivate(tx, "1001")
    with database.reading() as tx:
        assert [operator.active for operator in service.list_operators(tx)] == [False]
        assert build(tx).operators == ()
    with database.transaction() as tx:
        service.activate(tx, "1001")
        assert [operator.number for operator in build(tx).operators] == ["1001"]


def test_a_new_secret_replaces_the_old(database: Database) -> None:
    with database.transaction() as tx:
        first = service.add_operator(tx, "1001", "Hoa", now=NOW)
        before = build(tx).operators[0].sip_ha1
        second = service.set_secret(tx, "1001")
        after = build(tx).operators[0].sip_ha1
    assert first.sip_secret != second.sip_secret
    assert before != after
    with pytest.raises(NotFound), database.transaction() as tx:
        service.set_secret(tx, "1002")


def test_queues_and_aliases_reach_the_engine_through_the_file(database: Database, tmp_path: Path) -> None:
    disaster = QueueSettings(
        name=QueueName("disaster"), ring_timeout_s=20, max_wait_s=60, max_waiting=5, priority_minutes=10
    )
    hotline = Alias(
        number="1022",
        name="Tổng đài 1022",
        owner="Sở Khoa học và Công nghệ",
        greeting="welcome",
        queue=QueueName("disaster"),
        active_from=date(2026, 1, 1),
        active_to=date(2026, 12, 31),
    )
    with database.transaction() as tx:
        service.put_queue(tx, disaster, title="Thiên tai")
        service.put_queue(tx, disaster, title="Thiên tai")
        service.put_alias(tx, hotline)
        service.add_operator(tx, "1001", "Hoa", now=NOW, queues=("general",), languages=("vi", "en"))
        service.set_queues(tx, "1001", ("disaster", "general"))
        made = build(tx, max_calls=7)
    path = tmp_path / "run" / "snapshot.json"
    save(path, made)
    loaded = load(path)
    assert loaded == made
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert [name.name for name in path.parent.iterdir()] == ["snapshot.json"]
    configuration = to_configuration(loaded)
    assert configuration.max_calls == 7
    assert disaster in configuration.queues
    assert QueueSettings(name=QueueName("general")) in configuration.queues
    (agent,) = configuration.agents
    assert agent.queues == {"disaster", "general"}
    assert agent.languages == {"vi", "en"}
    (alias,) = loaded.aliases
    assert alias.in_force(date(2026, 12, 31))
    assert not alias.in_force(date(2027, 1, 1))
    assert not alias.in_force(date(2025, 12, 31))


def test_an_alias_must_make_sense(database: Database) -> None:
    def put(alias: Alias) -> None:
        with database.transaction() as tx:
            service.put_alias(tx, alias)

    good = {"name": "x", "owner": "y", "greeting": "welcome", "queue": QueueName("general")}
    with pytest.raises(BadInput):
        put(Alias(number="không", **good))  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        put(Alias(number="1022", active_from=date(2026, 2, 1), active_to=date(2026, 1, 1), **good))  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        put(Alias(number="1022", **(good | {"queue": QueueName("none")})))  # type: ignore[arg-type]
