"""Identities that every part shares. Pure: imports nothing of ours.

A call is known by the ``UNIQUEID`` of the citizen's channel, which the dialplan keeps in ``__CC_CALL``
before any code of ours runs. Asterisk prefixes it with ``systemname``, so the node is part of it
(``node1-1763782800.42``) and no two nodes can ever mint the same one.
"""

from __future__ import annotations

import re
from typing import NewType

from callcenter.kernel.errors import BadInput

CallId = NewType("CallId", str)
"""One call of one citizen through IVR, queue, desks and transfers: ``node-epoch.sequence``."""

Uniqueid = NewType("Uniqueid", str)
"""One channel (leg), in Asterisk's spelling."""

AgentId = NewType("AgentId", str)
"""An operator's number, such as ``1010`` (danh số)."""

QueueName = NewType("QueueName", str)
"""A queue's short name, such as ``general``."""

OfferId = NewType("OfferId", str)
"""One attempt to ring one desk for one call; unique for ever: ``call#attempt``."""

_CALL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}-\d{1,12}\.\d{1,9}")
_AGENT_ID = re.compile(r"\d{3,6}")
_QUEUE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def call_id(text: str) -> CallId:
    """Accept ``text`` as a call id. Safe in a file name and in a dialplan expression.

    Raises:
        BadInput: it is not of the form ``node-epoch.sequence``.
    """
    if not _CALL_ID.fullmatch(text):
        raise BadInput("call_id_malformed", value=text[:64])
    return CallId(text)


def agent_id(text: str) -> AgentId:
    """Accept ``text`` as an operator's number (3 to 6 digits).

    Raises:
        BadInput: it is not.
    """
    if not _AGENT_ID.fullmatch(text):
        raise BadInput("agent_id_malformed", value=text[:64])
    return AgentId(text)


def queue_name(text: str) -> QueueName:
    """Accept ``text`` as a queue's name (lower case letters, digits, ``-``, ``_``).

    Raises:
        BadInput: it is not.
    """
    if not _QUEUE_NAME.fullmatch(text):
        raise BadInput("queue_name_malformed", value=text[:64])
    return QueueName(text)
