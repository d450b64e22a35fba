"""Viet Nam's numbering plan and its past: short codes, and what old numbers became. Data; pure.

Sources: QĐ 2036/QĐ-BTTTT (area codes, in three phases in 2017); the operators' tables for eleven-digit
mobile numbers (from 15 September 2018); 08 and 04 with eight digits since 2008.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import NamedTuple

SHORT_CODES = frozenset(
    {"111", "112", "113", "114", "115", "116", "117", "118", "119", "1022", "1080", "1088"}
)
"""Numbers dialled as they stand: emergency (112 to 115), children (111), information and hotlines."""

HOTLINES = frozenset({"1022", "1080", "1088"})
"""Short codes that mobiles reach as area code and short code (0236 1022)."""

_MOBILES = (
    ("120", "70"), ("121", "79"), ("122", "77"), ("126", "76"), ("128", "78"),  # MobiFone
    ("123", "83"), ("124", "84"), ("125", "85"), ("127", "81"), ("129", "82"),  # VinaPhone
    ("162", "32"), ("163", "33"), ("164", "34"), ("165", "35"),  # Viettel
    ("166", "36"), ("167", "37"), ("168", "38"), ("169", "39"),
    ("186", "56"), ("188", "58"),  # Vietnamobile
    ("199", "59"),  # Gmobile
)  # fmt: skip
OLD_MOBILES = MappingProxyType(dict(_MOBILES))
"""Old prefix of an eleven-digit mobile (without 0) to today's, since 15 September 2018.

The last seven digits stayed."""


class AreaChange(NamedTuple):
    """One province's landline code before and after, both without 0."""

    old: str
    new: str
    on: date
    """First day of the new code; the old one ended some ten weeks later."""
    province: str


_ONE, _TWO, _THREE = date(2017, 2, 11), date(2017, 4, 15), date(2017, 6, 17)

AREA_CHANGES = tuple(
    AreaChange(old, new, on, province)
    for on, rows in (
        (
            _ONE,
            (
                ("20", "214", "Lào Cai"), ("22", "212", "Sơn La"), ("230", "215", "Điện Biên"),
                ("231", "213", "Lai Châu"), ("29", "216", "Yên Bái"), ("37", "237", "Thanh Hóa"),
                ("38", "238", "Nghệ An"), ("39", "239", "Hà Tĩnh"), ("52", "232", "Quảng Bình"),
                ("53", "233", "Quảng Trị"), ("54", "234", "Thừa Thiên Huế"), ("510", "235", "Quảng Nam"),
                ("511", "236", "Đà Nẵng"),
            ),
        ),
        (
            _TWO,
            (
                ("240", "204", "Bắc Giang"), ("241", "222", "Bắc Ninh"), ("25", "205", "Lạng Sơn"),
                ("26", "206", "Cao Bằng"), ("27", "207", "Tuyên Quang"), ("280", "208", "Thái Nguyên"),
                ("281", "209", "Bắc Kạn"), ("30", "229", "Ninh Bình"), ("31", "225", "Hải Phòng"),
                ("320", "220", "Hải Dương"), ("321", "221", "Hưng Yên"), ("33", "203", "Quảng Ninh"),
                ("350", "228", "Nam Định"), ("351", "226", "Hà Nam"), ("36", "227", "Thái Bình"),
                ("710", "292", "Cần Thơ"), ("711", "293", "Hậu Giang"), ("74", "294", "Trà Vinh"),
                ("76", "296", "An Giang"), ("77", "297", "Kiên Giang"), ("780", "290", "Cà Mau"),
                ("781", "291", "Bạc Liêu"), ("79", "299", "Sóc Trăng"),
            ),
        ),
        (
            _THREE,
            (
                ("4", "24", "Hà Nội"), ("8", "28", "TP. Hồ Chí Minh"), ("500", "262", "Đắk Lắk"),
                ("501", "261", "Đắk Nông"), ("55", "255", "Quảng Ngãi"), ("56", "256", "Bình Định"),
                ("57", "257", "Phú Yên"), ("58", "258", "Khánh Hòa"), ("59", "269", "Gia Lai"),
                ("60", "260", "Kon Tum"), ("61", "251", "Đồng Nai"), ("62", "252", "Bình Thuận"),
                ("63", "263", "Lâm Đồng"), ("64", "254", "Bà Rịa - Vũng Tàu"), ("650", "274", "Bình Dương"),
                ("651", "271", "Bình Phước"), ("66", "276", "Tây Ninh"), ("67", "277", "Đồng Tháp"),
                ("68", "259", "Ninh Thuận"), ("70", "270", "Vĩnh Long"), ("72", "272", "Long An"),
                ("73", "273", "Tiền Giang"), ("75", "275", "Bến Tre"),
            ),
        ),
    )
    for old, new, province in rows
)  # fmt: skip
"""The 59 provinces whose code changed."""

UNCHANGED_AREAS = frozenset({"210", "211", "218", "219"})
"""Phú Thọ, Vĩnh Phúc, Hòa Bình, Hà Giang."""

OLD_AREAS = MappingProxyType({change.old: change for change in AREA_CHANGES})
AREAS = UNCHANGED_AREAS | {change.new for change in AREA_CHANGES}
"""Today's area codes, without 0."""
