"""``callcenter alarms``: nobody needs the database to learn that a call was not recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls import repository
from callcenter.calls.alarms import HOUSE, AlarmKind
from callcenter.i18n import languages, t
from callcenter.kernel.errors import NotFound
from tests.helpers.commands import House, house

pytestmark = pytest.mark.adapter
__all__ = ["house"]

CALL = "node1-1763782800.1"
AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def raise_two(house: House) -> None:
    with house.database.transaction() as tx:
        repository.raise_alarm(tx, AlarmKind.NOT_RECORDED, CALL, "no_legs", AT)
        repository.raise_alarm(tx, AlarmKind.DISK_FULL, HOUSE, "1 B free", AT + timedelta(hours=1))


def test_open_alarms_newest_first_in_words(house: House) -> None:
    assert house.say("alarms") == "Không có cảnh báo nào.\n"
    raise_two(house)
    heading, newest, oldest = house.say("alarms").splitlines()
    assert "Cảnh báo" in heading
    assert newest.startswith("22/11/2026 11:00:00")
    assert t("alarm.disk_full") in newest
    assert "answered_not_recorded" in oldest
    assert CALL in oldest
    assert t("alarm.answered_not_recorded") in oldest
    assert [(alarm["kind"], alarm["call"], alarm["detail"]) for alarm in house.json("alarms")] == [
        ("disk_full", "-", "1 B free"),
        ("answered_not_recorded", CALL, "no_legs"),
    ]


def test_an_alarm_is_cleared_by_a_person_once(house: House) -> None:
    raise_two(house)
    house.say("alarms", "--clear", "answered_not_recorded", CALL)
    assert [alarm["kind"] for alarm in house.json("alarms")] == ["disk_full"]
    with pytest.raises(NotFound):
        house.say("alarms", "--clear", "answered_not_recorded", CALL)


@pytest.mark.parametrize("lang", languages)
@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_kind_has_its_text(lang: str, kind: AlarmKind) -> None:
    assert t(f"alarm.{kind}", lang=lang) != f"alarm.{kind}"
