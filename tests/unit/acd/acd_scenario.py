"""Scenarios of the distribution as text: ``time | what happens | what the engine asks for``.

What happens: ``arrive A``, ``join A general [priority=5] [language=en] [waited=30]``, ``ring A#1``,
``answer A#1``, ``fail A#1 busy``, ``end A``, ``leave A``, ``login|ready|logout 1001``, ``pause 1001 tea``,
``phone 1001 gone|free|busy``, ``lost``, ``tick``, and
``resync [A] [A=waits:general:30] [A=rings:1001:A#2] [A=talks:1001] [seat:1001:ready|out|tea] [gone:1001]``.

What is asked for: ``offer A#1 1001``, ``cancel A#1 1001``, ``overflow A full``, ``1001 paused rona``,
``1001 acw A``, ``ignored call_left``; several are parted by ``;``. Invariants are checked at every line.
"""

from __future__ import annotations

from acd.core.commands import AgentChanged, CancelOffer, Command, Ignored, OfferCall, Overflow
from acd.core.config import AgentSettings, Configuration, QueueSettings
from acd.core.engine import Engine
from acd.core.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentReady,
    AgentSeat,
    CallArrived,
    CallerJoined,
    CallLeft,
    CallSeen,
    DeviceChanged,
    DeviceSeen,
    Event,
    LinkLost,
    OfferAnswered,
    OfferFailed,
    OfferFailure,
    OfferRinging,
    Resynchronised,
    TalkEnded,
)
from acd.core.invariants import check as check_invariants
from callcenter.kernel.ids import AgentId, CallId, OfferId, QueueName

GENERAL = QueueSettings(name=QueueName("general"))


def agent(number: str, *queues: str, languages: str = "vi") -> AgentSettings:
    """An operator of these queues, of ``general`` when none is named."""
    names = frozenset(QueueName(queue) for queue in queues or ("general",))
    return AgentSettings(agent=AgentId(number), queues=names, languages=frozenset(languages.split()))


def city(
    *agents: AgentSettings,
    queues: tuple[QueueSettings, ...] = (GENERAL,),
    max_calls: int = 90,
    offer_deadline_s: float = 30.0,
) -> Configuration:
    """A snapshot; ``1001`` of ``general`` when no operator is named.

    Offers have long to land, so that only scenarios about landing need to tell of it.
    """
    return Configuration(
        queues=queues,
        agents=agents or (agent("1001"),),
        max_calls=max_calls,
        offer_deadline_s=offer_deadline_s,
    )


def opened(configuration: Configuration, *, ready: bool = True) -> Engine:
    """An engine at time 0, with link and phones, and everybody ready, idle since their number's order."""
    engine = Engine(configuration)
    phones = tuple(
        DeviceSeen(agent=settings.agent, reachable=True, in_use=False) for settings in configuration.agents
    )
    engine.handle(Resynchronised(calls=(), devices=phones), 0.0)
    if ready:
        for n, settings in enumerate(configuration.agents):
            engine.handle(AgentLoggedIn(agent=settings.agent), n / 1000)
            engine.handle(AgentReady(agent=settings.agent), n / 1000)
    return engine


def check(engine: Engine, table: str) -> None:
    """Run the table and compare line by line."""
    lines = [line for line in table.splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        when, happening, expected = (part.strip() for part in line.split("|"))
        now = float(when)
        event = _event(happening, engine)
        commands = engine.tick(now) if event is None else engine.handle(event, now)
        check_invariants(engine)
        wanted = [part.strip() for part in expected.split(";") if part.strip()]
        assert [_show(command) for command in commands] == wanted, f"line {number}: {line.strip()}"


def _event(text: str, engine: Engine) -> Event | None:
    verb, *words = text.split()
    named = dict(word.split("=", 1) for word in words if "=" in word)
    match verb, words:
        case "tick", []:
            return None
        case "arrive", [call]:
            return CallArrived(call=CallId(call))
        case "join", [call, queue, *_]:
            return CallerJoined(
                call=CallId(call),
                queue=QueueName(queue),
                priority_minutes=float(named.get("priority", 0)),
                language=named.get("language", "vi"),
                waited_s=float(named.get("waited", 0)),
            )
        case "leave", [call]:
            return CallLeft(call=CallId(call))
        case "end", [call]:
            return TalkEnded(call=CallId(call))
        case "ring", [offer]:
            return OfferRinging(offer=OfferId(offer))
        case "answer", [offer]:
            return OfferAnswered(offer=OfferId(offer))
        case "fail", [offer, failure]:
            return OfferFailed(offer=OfferId(offer), failure=OfferFailure(failure))
        case "login", [number]:
            return AgentLoggedIn(agent=AgentId(number))
        case "logout", [number]:
            return AgentLoggedOut(agent=AgentId(number))
        case "ready", [number]:
            return AgentReady(agent=AgentId(number))
        case "pause", [number, reason]:
            return AgentPaused(agent=AgentId(number), reason=reason)
        case "phone", [number, state]:
            return DeviceChanged(agent=AgentId(number), reachable=state != "gone", in_use=state == "busy")
        case "lost", []:
            return LinkLost()
        case "resync", _:
            return _truth(words, engine)
    raise AssertionError(f"not understood: {text}")


def _truth(words: list[str], engine: Engine) -> Resynchronised:
    calls, seats, gone = [], [], set()
    for word in words:
        match word.split(":"):
            case ["seat", number, how]:
                paused = None if how in ("ready", "out") else how
                seats.append(AgentSeat(agent=AgentId(number), logged_in=how != "out", paused=paused))
            case ["gone", number]:
                gone.add(number)
            case _:
                calls.append(_seen(word))
    phones = tuple(
        DeviceSeen(agent=settings.agent, reachable=settings.agent not in gone, in_use=False)
        for settings in engine.configuration.agents
    )
    return Resynchronised(calls=tuple(calls), devices=phones, seats=tuple(seats))


def _seen(word: str) -> CallSeen:
    name, _, how = word.partition("=")
    call = CallId(name)
    match how.split(":"):
        case [""]:
            return CallSeen(call=call)
        case ["waits", queue, waited, *offer]:
            offered = OfferId(offer[0]) if offer else None
            return CallSeen(call=call, waiting_in=QueueName(queue), waited_s=float(waited), offered=offered)
        case ["rings", number, offer]:
            return CallSeen(call=call, ringing=AgentId(number), offered=OfferId(offer))
        case ["talks", number]:
            return CallSeen(call=call, talking_to=AgentId(number))
    raise AssertionError(f"not understood: {word}")


def _show(command: Command) -> str:
    match command:
        case OfferCall(offer=offer, agent=number):
            return f"offer {offer} {number}"
        case CancelOffer(offer=offer, agent=number):
            return f"cancel {offer} {number}"
        case Overflow(call=call, reason=reason):
            return f"overflow {call} {reason}"
        case AgentChanged():
            extra = [text for text in (command.reason, command.call) if text]
            return " ".join([command.agent, command.state, *extra])
        case Ignored(reason=reason):
            return f"ignored {reason}"
