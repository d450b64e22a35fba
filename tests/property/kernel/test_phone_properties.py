"""Any text is some number, safely; what it gives reads back as itself."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kernel.errors import BadInput
from callcenter.kernel.phone import PhoneKind, normalise
from callcenter.kernel.ticket_code import parse

pytestmark = pytest.mark.property

NUMBERISH = st.text(alphabet="0123456789+-. ()\r\n;@<>aé\u00a0\uff10…\x00", max_size=100)
PREFIXED = st.builds(
    str.__add__,
    st.sampled_from(["0", "+84", "84", "0084", "00", "+", "08", "0511", "012", "0236", "1900", "sip:"]),
    st.text(alphabet="0123456789 .", max_size=14),
)
FOREIGN = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)).map(
    lambda region: phonenumbers.format_number(
        phonenumbers.example_number(region), phonenumbers.PhoneNumberFormat.E164
    )
)
ANY = st.text(max_size=300) | NUMBERISH | PREFIXED | FOREIGN


@given(ANY)
def test_never_raises_and_is_safe_to_show(text: str) -> None:
    phone = normalise(text)
    assert phone.national.isprintable()
    assert len(phone.national) <= 64
    assert "\n" not in phone.key
    assert (phone.e164 is None) == (
        phone.kind in (PhoneKind.SHORT_CODE, PhoneKind.WITHHELD, PhoneKind.UNKNOWN)
    )


@given(ANY)
def test_reads_back_as_itself(text: str) -> None:
    phone = normalise(text)
    assert normalise(phone.national) == phone
    assert phone.e164 is None or normalise(phone.e164) == phone


@given(ANY)
def test_a_mask_hides_the_middle(text: str) -> None:
    phone = normalise(text)
    if phone.is_personal:
        assert "***" in phone.masked
        assert len(phone.masked) <= 10


@given(FOREIGN)
def test_numbers_of_every_country_are_known(number: str) -> None:
    assert normalise(number).e164 is not None


@given(ANY)
def test_a_ticket_code_is_read_or_refused(text: str) -> None:
    try:
        code = parse(text)
    except BadInput:
        return
    assert parse(str(code)) == code
