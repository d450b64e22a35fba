"""Numbers as they are written on notice boards, sent by trunks and typed by people."""

from __future__ import annotations

from datetime import date

import pytest

from callcenter.kernel.phone import Phone, PhoneKind, from_old_list, normalise
from callcenter.kernel.phone_plan import AREA_CHANGES, AREAS, OLD_AREAS, OLD_MOBILES

pytestmark = pytest.mark.unit

M, L, S, V = PhoneKind.MOBILE, PhoneKind.LANDLINE, PhoneKind.SHORT_CODE, PhoneKind.SERVICE
F, W, U = PhoneKind.FOREIGN, PhoneKind.WITHHELD, PhoneKind.UNKNOWN

TABLE: list[tuple[str, PhoneKind, str | None, str]] = [
    # The mobile of the fourth seed, in every dress.
    ("0888.247.247", M, "+84888247247", "0888 247 247"),
    ("0888 247 247", M, "+84888247247", "0888 247 247"),
    ("(0888)-247/247", M, "+84888247247", "0888 247 247"),
    ("0888247247\r\n", M, "+84888247247", "0888 247 247"),
    ("0888–247–247", M, "+84888247247", "0888 247 247"),
    ("0888\u00a0247\u00a0247", M, "+84888247247", "0888 247 247"),
    ("+84888247247", M, "+84888247247", "0888 247 247"),
    ("+84 (0) 888 247 247", M, "+84888247247", "0888 247 247"),
    ("0084888247247", M, "+84888247247", "0888 247 247"),
    ("84888247247", M, "+84888247247", "0888 247 247"),
    ("840888247247", M, "+84888247247", "0888 247 247"),
    ("888247247", M, "+84888247247", "0888 247 247"),
    ("sip:+84888247247@203.0.113.9:5060", M, "+84888247247", "0888 247 247"),
    ("tel:+84-888-247-247;phone-context=vn", M, "+84888247247", "0888 247 247"),
    ("0888247247@trunk", M, "+84888247247", "0888 247 247"),
    ("\uff10\uff18\uff18\uff18\uff12\uff14\uff17\uff12\uff14\uff17", M, "+84888247247", "0888 247 247"),
    # Services.
    ("1900.86.86.47", V, "+841900868647", "1900 868 647"),
    ("19001075", V, "+8419001075", "1900 1075"),
    ("1900 54545", V, "+84190054545", "1900 54545"),
    ("1800 1091", V, "+8418001091", "1800 1091"),
    ("+841900868647", V, "+841900868647", "1900 868 647"),
    # Landlines of today.
    ("0236 3810054", L, "+842363810054", "0236 3810 054"),
    ("(0236) 3.810.054", L, "+842363810054", "0236 3810 054"),
    ("+84 236 3810054", L, "+842363810054", "0236 3810 054"),
    ("842363810054", L, "+842363810054", "0236 3810 054"),
    ("2363810054", L, "+842363810054", "0236 3810 054"),
    ("3810054", L, "+842363810054", "0236 3810 054"),
    ("3.810.054", L, "+842363810054", "0236 3810 054"),
    ("028 38225678", L, "+842838225678", "028 3822 5678"),
    ("024 3825 1111", L, "+842438251111", "024 3825 1111"),
    # 1022 and its kin, which phonenumbers calls invalid.
    ("1022", S, None, "1022"),
    ("0236 1022", S, None, "0236 1022"),
    ("0236.1022", S, None, "0236 1022"),
    ("02361022", S, None, "0236 1022"),
    ("+842361022", S, None, "0236 1022"),
    ("842361022", S, None, "0236 1022"),
    ("0511 1022", S, None, "0236 1022"),
    ("0511.1022", S, None, "0236 1022"),
    ("(0511).1022", S, None, "0236 1022"),
    ("024 1022", S, None, "024 1022"),
    ("04 1022", S, None, "024 1022"),
    ("08.1022", S, None, "028 1022"),
    ("0251 1022", S, None, "0251 1022"),
    ("0274 1022", S, None, "0274 1022"),
    ("0235 1022", S, None, "0235 1022"),
    ("1080", S, None, "1080"),
    ("0236 1080", S, None, "0236 1080"),
    ("113", S, None, "113"),
    ("114", S, None, "114"),
    ("115", S, None, "115"),
    # Old plans that cannot be mistaken.
    ("0511 3810054", L, "+842363810054", "0236 3810 054"),
    ("0511.3.810.054", L, "+842363810054", "0236 3810 054"),
    ("+84 511 3810054", L, "+842363810054", "0236 3810 054"),
    ("845113810054", L, "+842363810054", "0236 3810 054"),
    ("0651 3881234", L, "+842713881234", "0271 3881 234"),
    ("0500 3812345", L, "+842623812345", "0262 3812 345"),
    ("0650 3822222", L, "+842743822222", "0274 3822 222"),
    ("0510 3852222", L, "+842353852222", "0235 3852 222"),
    ("0281 3812345", L, "+842093812345", "0209 3812 345"),
    ("01234567890", M, "+84834567890", "0834 567 890"),
    ("0123.456.7890", M, "+84834567890", "0834 567 890"),
    ("841234567890", M, "+84834567890", "0834 567 890"),
    ("0168 234 5678", M, "+84382345678", "0382 345 678"),
    ("0199 2345678", M, "+84592345678", "0592 345 678"),
    # Old ten-digit landlines: mobiles of today, or nothing. Never converted.
    ("08 3822 5678", M, "+84838225678", "0838 225 678"),
    ("038 3841234", M, "+84383841234", "0383 841 234"),
    ("056 3821234", M, "+84563821234", "0563 821 234"),
    ("054 3822222", U, None, "054 3822222"),
    ("04 3822 5678", U, None, "04 3822 5678"),
    # Abroad.
    ("+1 650 253 0000", F, "+16502530000", "+1 650-253-0000"),
    ("00 1 650 253 0000", F, "+16502530000", "+1 650-253-0000"),
    ("+8562023123456", F, "+8562023123456", "+856 20 23 123 456"),
    # Nobody.
    ("", W, None, ""),
    ("  \r\n", W, None, ""),
    ("anonymous", W, None, ""),
    ("Anonymous", W, None, ""),
    ("<unknown>", W, None, ""),
    ("sip:anonymous@anonymous.invalid", W, None, ""),
    ("Restricted", W, None, ""),
    # Nothing.
    ("0888\r\n247247", U, None, "0888\ufffd\ufffd247247"),
    ("abc", U, None, "abc"),
    ("1a022", U, None, "1a022"),
    ("+1022", U, None, "+1022"),
    ("0888247247;drop", U, None, "0888247247;drop"),
    ("0888247247&PJSIP/x", U, None, "0888247247&PJSIP/x"),
    ("01612345678", U, None, "01612345678"),
    ("999", U, None, "999"),
    ("+", U, None, "+"),
    ("-", U, None, "-"),
    ("٠٨٨٨٢٤٧٢٤٧", U, None, "٠٨٨٨٢٤٧٢٤٧"),
]


@pytest.mark.seed("S0-37")
@pytest.mark.parametrize(("text", "kind", "e164", "national"), TABLE, ids=[repr(row[0]) for row in TABLE])
def test_table(text: str, kind: PhoneKind, e164: str | None, national: str) -> None:
    phone = normalise(text)
    assert (phone.kind, phone.e164, phone.national) == (kind, e164, national)
    assert phone.original == text[:64]


def test_the_home_area_is_the_citys() -> None:
    assert normalise("3822 5678", home_area_code="28").e164 == "+842838225678"
    assert normalise("3812345", home_area_code="262").e164 == "+842623812345"
    assert normalise("3822 5678", home_area_code="236").kind is U


def test_one_key_for_all_ways_of_writing() -> None:
    assert {normalise(text).key for text in ("0888.247.247", "+84888247247", "84888247247")} == {
        "+84888247247"
    }
    assert {normalise(text).key for text in ("0236 1022", "(0511).1022", "+842361022")} == {"02361022"}
    assert normalise("1022").key == "1022"
    assert normalise("").key == ""


@pytest.mark.parametrize("text", ["1a022", "+1022", "10\n22", "1022;", "1022x"])
def test_nothing_passes_for_1022_by_its_key(text: str) -> None:
    assert normalise(text).key != "1022"


@pytest.mark.parametrize("filler", ["-", " ", "\n", "9", "x", "\u0301"])
def test_huge_input_is_cut_and_never_becomes_a_number(filler: str) -> None:
    phone = normalise("0888247247" + filler * 1_000_000)
    assert phone.kind is U
    assert len(phone.national) <= 64
    assert len(phone.original) == 64
    assert normalise(phone.national).kind is U


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("0888.247.247", "0888***247"),
        ("0236 3810054", "0236***054"),
        ("+16502530000", "+165***000"),
        ("Nguyễn Văn A", "***"),
        ("054 3822222", "***"),
        ("0236 1022", "0236 1022"),
        ("19001075", "1900 1075"),
        ("", ""),
    ],
)
def test_masked_for_logs(text: str, masked: str) -> None:
    assert normalise(text).masked == masked


def test_an_old_list_is_believed_up_to_the_day_of_the_change() -> None:
    before, after = date(2016, 4, 25), date(2017, 6, 17)
    assert from_old_list("08 3822 5678", listed_on=before).e164 == "+842838225678"
    assert from_old_list("08 3822 5678", listed_on=after) == normalise("08 3822 5678")
    assert from_old_list("054 3822222", listed_on=before).national == "0234 3822 222"
    assert from_old_list("038 3841234", listed_on=before).national == "0238 3841 234"
    assert from_old_list("0905 123456", listed_on=before).kind is M
    assert from_old_list("0511 3810054", listed_on=before).national == "0236 3810 054"
    assert from_old_list("1022", listed_on=before).national == "1022"


@pytest.mark.parametrize("change", AREA_CHANGES, ids=lambda change: change.province)
def test_every_area_of_the_plan(change: object) -> None:
    old, new, on = AREA_CHANGES[AREA_CHANGES.index(change)][:3]  # type: ignore[arg-type]
    subscriber = "38225678" if len(new) == 2 else "3822567"
    today = normalise(f"0{new}{subscriber}")
    assert (today.kind, today.e164) == (L, f"+84{new}{subscriber}")
    assert normalise(f"0{old} 1022").national == f"0{new} 1022"
    if len(old) == 3:
        assert normalise(f"0{old}{subscriber}") == today
    else:
        assert normalise(f"0{old}{subscriber}").e164 != today.e164
        assert from_old_list(f"0{old}{subscriber}", listed_on=date(on.year, on.month, on.day - 1)) == today


@pytest.mark.parametrize(("old", "new"), OLD_MOBILES.items())
def test_every_old_mobile_prefix(old: str, new: str) -> None:
    phone = normalise(f"0{old}2345678")
    assert (phone.kind, phone.e164) == (M, f"+84{new}2345678")


def test_the_plan_is_whole() -> None:
    assert len(AREA_CHANGES) == len(OLD_AREAS) == 59
    assert len(AREAS) == 63
    phases = [change.on for change in AREA_CHANGES]
    assert [phases.count(day) for day in sorted(set(phases))] == [13, 23, 23]
    assert len(OLD_MOBILES) == 21


def test_equality_is_of_the_number_not_of_the_writing() -> None:
    phones: set[Phone] = {normalise("0888.247.247"), normalise("+84888247247")}
    assert len(phones) == 1
