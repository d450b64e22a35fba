"""Which rule wins, and what the rules that come with us say."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from callcenter.deadlines.core.rules import (
    Circumstances,
    Congestion,
    Duty,
    Rule,
    RuleBook,
    Term,
    Unit,
    Urgency,
)
from callcenter.deadlines.rules_file import load_rules
from callcenter.kernel.errors import BadInput, NotFound

pytestmark = pytest.mark.unit

DAY = date(2026, 3, 2)
ONE = Term(amount=1, unit=Unit.WORKING_DAYS)


def rule(name: str, **conditions: Any) -> Rule:
    return Rule(
        **{
            "name": name,
            "duty": Duty.RESOLVE,
            "term": ONE,
            "source": "thử",
            "valid_from": date(2020, 1, 1),
            **conditions,
        }
    )


def winner(rules: list[Rule], on: date = DAY, **case: Any) -> str:
    forward = RuleBook(rules=tuple(rules)).find(Circumstances(**case), on).name
    backward = RuleBook(rules=tuple(reversed(rules))).find(Circumstances(**case), on).name
    assert forward == backward, "the order of the file must not matter"
    return forward


def given(on: date = DAY, **case: Any) -> tuple[int, Unit]:
    term = load_rules().find(Circumstances(**case), on).term
    return term.amount, term.unit


def test_more_conditions_win() -> None:
    rules = [
        rule("all"),
        rule("field", field="ha-tang"),
        rule("both", field="ha-tang", channels=frozenset({"zalo"})),
    ]
    assert winner(rules) == "all"
    assert winner(rules, field="ha-tang", channel="phone") == "field"
    assert winner(rules, field="ha-tang", channel="zalo") == "both"


def test_of_equally_many_the_weightier_condition_wins() -> None:
    rules = [
        rule("channel", channels=frozenset({"phone"})),
        rule("several", several_agencies=True),
        rule("congestion", congestion=Congestion.AGENCY),
        rule("urgency", urgency=Urgency.URGENT),
        rule("field", field="ha-tang"),
        rule("place", place="da-nang"),
    ]
    case: dict[str, Any] = {
        "channel": "phone",
        "several_agencies": True,
        "congestion": Congestion.AGENCY,
        "urgency": Urgency.URGENT,
        "field": "ha-tang",
        "place": "da-nang",
    }
    for name in ("place", "field", "urgency", "congestion", "several", "channel"):
        assert winner(rules, **case) == name
        rules = [one for one in rules if one.name != name]


def test_a_rule_of_the_place_wins_over_any_general_one() -> None:
    general = rule("general", field="ha-tang", channels=frozenset({"phone"}), urgency=Urgency.URGENT)
    case: dict[str, Any] = {"field": "ha-tang", "channel": "phone", "urgency": Urgency.URGENT}
    assert winner([general, rule("own", place="da-nang")], place="da-nang", **case) == "own"
    assert winner([general, rule("own", place="da-nang")], place="tp-hcm", **case) == "general"


def test_a_field_holds_for_what_is_below_it_and_the_deeper_one_wins() -> None:
    rules = [rule("all"), rule("branch", field="ha-tang"), rule("leaf", field="ha-tang/giao-thong")]
    assert winner(rules, field="ha-tang/giao-thong/o-ga") == "leaf"
    assert winner(rules, field="ha-tang/cap-nuoc") == "branch"
    assert winner(rules, field="ha-tang-khac") == "all"
    assert winner(rules, field=None) == "all"


def test_a_rule_holds_from_its_first_to_its_last_day() -> None:
    rules = [
        rule("old", valid_from=date(2020, 1, 1), valid_until=date(2025, 9, 3)),
        rule("new", valid_from=date(2025, 9, 4)),
    ]
    assert winner(rules, date(2025, 9, 3)) == "old"
    assert winner(rules, date(2025, 9, 4)) == "new"
    with pytest.raises(NotFound, match="deadline_rule_missing"):
        winner(rules, date(2019, 12, 31))


def test_the_newer_of_two_like_rules_wins_then_the_name() -> None:
    assert winner([rule("a"), rule("b", valid_from=date(2021, 1, 1))]) == "b"
    assert winner([rule("b"), rule("a")]) == "a"


def test_an_unknown_circumstance_meets_no_condition() -> None:
    with pytest.raises(NotFound, match="deadline_rule_missing"):
        winner([rule("urgent", urgency=Urgency.URGENT)], urgency=None)


def test_rules_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(BadInput, match="deadline_rule_twice"):
        RuleBook(rules=(rule("a"), rule("a")))
    with pytest.raises(BadInput, match="deadline_rule_ends_early"):
        RuleBook(rules=(rule("a", valid_until=date(2019, 1, 1)),))


@pytest.mark.seed("S0-19")
def test_congestion_at_the_agency_in_da_nang_means_seven_days() -> None:
    congested = given(place="da-nang", congestion=Congestion.AGENCY, channel="phone")
    assert congested == (7, Unit.CALENDAR_DAYS)


@pytest.mark.seed("S2-03")
def test_an_infrastructure_incident_in_binh_phuoc_means_two_working_days() -> None:
    assert given(place="binh-phuoc", field="ha-tang/chieu-sang") == (2, Unit.WORKING_DAYS)


@pytest.mark.seed("S3-10")
@pytest.mark.parametrize("channel", ["phone", "zalo"])
def test_hotline_and_zalo_in_buon_ma_thuot_mean_three_working_days(channel: str) -> None:
    assert given(place="buon-ma-thuot", channel=channel) == (3, Unit.WORKING_DAYS)


@pytest.mark.seed("S3-11")
def test_the_field_report_service_in_buon_ma_thuot_means_seven_working_days() -> None:
    assert given(place="buon-ma-thuot", channel="field_report") == (7, Unit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"duty": Duty.FORWARD}, (5, Unit.MINUTES)),
        ({"duty": Duty.GUIDE}, (60, Unit.MINUTES)),
        ({"duty": Duty.ACCEPT}, (8, Unit.WORKING_HOURS)),
        ({"duty": Duty.RESEND}, (1, Unit.WORKING_DAYS)),
        ({}, (7, Unit.CALENDAR_DAYS)),
        ({"field": "ha-tang"}, (2, Unit.WORKING_DAYS)),
        ({"place": "tp-hcm"}, (10, Unit.CALENDAR_DAYS)),
        ({"place": "tp-hcm", "several_agencies": True}, (15, Unit.CALENDAR_DAYS)),
        ({"place": "ha-noi", "urgency": Urgency.URGENT}, (4, Unit.WORKING_HOURS)),
        ({"place": "da-nang", "urgency": Urgency.URGENT, "channel": "phone"}, (1, Unit.WORKING_DAYS)),
    ],
)
def test_the_rules_that_come_with_us(case: dict[str, Any], expected: tuple[int, Unit]) -> None:
    assert given(**case) == expected


def test_ho_chi_minh_city_had_five_working_days_for_infrastructure_until_the_new_regulation() -> None:
    case: dict[str, Any] = {"place": "tp-hcm", "field": "ha-tang"}
    assert given(date(2025, 9, 3), **case) == (5, Unit.WORKING_DAYS)
    assert given(date(2025, 9, 4), **case) == (10, Unit.CALENDAR_DAYS)


def test_every_rule_names_its_source() -> None:
    assert all(len(one.source) > 20 for one in load_rules().rules)


@pytest.mark.parametrize(
    "line",
    [
        "chanels = ['phone']",
        "channels = 'phone'",
        "several_agencies = 'yes'",
        "urgency = 'very'",
        "valid_until = 'later'",
        "amount = 0",
    ],
)
def test_a_rule_that_is_written_wrong_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "rules.toml"
    amount = "" if line.startswith("amount") else "amount = 1\n"
    file.write_text(
        "[[rule]]\nname = 'x'\nduty = 'resolve'\nunit = 'minutes'\nsource = 'x'\nvalid_from = 2020-01-01\n"
        f"{amount}{line}\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match=r"deadline_(rules|amount)_malformed"):
        load_rules(file)


@pytest.mark.parametrize("text", ["", "rule = 1", "[[rule]]\nname = 'x'", "=", "rule = [1]"])
def test_a_file_that_holds_no_rules_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="deadline_rules_malformed"):
        load_rules(file)
