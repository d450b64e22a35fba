"""Errors with a stable code; what people read of them comes from the translation catalogue."""

from __future__ import annotations


class CallcenterError(Exception):
    """Base of every error that we raise on purpose. ``code`` is the catalogue key ``error.<code>``."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code, fields)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        described = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.code}({described})" if described else self.code


class BadInput(CallcenterError):
    """Somebody gave us something malformed. Nothing was done with it."""


class NotFound(CallcenterError):
    """The thing named does not exist."""


class Conflict(CallcenterError):
    """The thing exists in a state that does not allow this."""


class Unavailable(CallcenterError):
    """A part that we need (Asterisk, a database, a model) is not there now."""
