"""Any record survives its line; any bytes either read as a record or are refused."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.journal.files import whole_end
from callcenter.journal.record import Record, decode, encode
from callcenter.kernel.errors import BadInput

pytestmark = pytest.mark.property

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    Record,
    seq=st.integers(1, 2**53),
    at=st.datetimes(timezones=st.just(UTC)),
    mono=st.floats(0, 1e9),
    kind=st.sampled_from(["engine", "call", "note"]),
    type=st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True),
    data=st.dictionaries(st.text(), JSON, max_size=4),
)


@given(RECORDS)
def test_round_trip(record: Record) -> None:
    assert decode(encode(record)) == record


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(line: bytes) -> None:
    try:
        record = decode(line)
    except BadInput:
        return
    assert decode(encode(record)) == record


@given(RECORDS, RECORDS, st.data())
def test_a_torn_tail_never_hides_the_whole_line_before_it(
    one: Record, two: Record, data: st.DataObject
) -> None:
    whole, torn = encode(one), encode(two)
    cut = data.draw(st.integers(0, len(torn) - 1))
    assert whole_end(whole + torn[:cut]) == (len(whole), one)
    assert whole_end(whole + b"\0" * cut) == (len(whole), one)
    assert whole_end(whole + torn) == (len(whole) + len(torn), two)
