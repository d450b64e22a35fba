"""The calls and phones of one Asterisk as we know them, and what each of its events means.

Pure: AMI events in, engine events and call facts out. Nothing here waits, writes or decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from acd.core import events as acd
from callcenter.asterisk import messages as ami
from callcenter.asterisk.resync import ChannelSeen, Resync
from callcenter.kernel.errors import BadInput
from callcenter.kernel.ids import AgentId, CallId, OfferId, agent_id, call_id, queue_name
from callcenter.ledger import facts

CHANNEL_VARIABLES = (
    "CC_CALL", "CC_STATE", "CC_ALIAS", "CC_CALLER", "CC_QUEUE", "CC_PRIORITY", "CC_LANGUAGE", "CC_SINCE",
    "CC_OFFER", "CC_AGENT", "CC_RECORD", "CC_RECORDING", "MEMBERINTERFACE",
)  # fmt: skip
"""What the dialplan keeps on the citizen's channel: enough to rebuild our state from."""

_DESK = "PJSIP/desk"
_REFUSED = "21"
"""Q.850 cause 21, call rejected: what a SIP 603 becomes."""
_SHORTEST_MESSAGE_S = 2
_SILENCE_S = 7
"""Record ends after five seconds of silence: a recording that is hardly longer holds nothing else."""


@dataclass(slots=True)
class LiveCall:
    """One call that Asterisk has now."""

    call: CallId
    channel: str
    joined: bool = False
    offer: OfferId | None = None
    agent: AgentId | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """An operator dialled a feature code on the phone."""

    agent: AgentId
    code: str


@dataclass(slots=True)
class Heard:
    """What one event of Asterisk means to the engine, to the ledger, and to operators' seats."""

    events: list[acd.Event] = field(default_factory=list)
    facts: list[facts.Fact] = field(default_factory=list)
    feature: Feature | None = None


class House:
    """Every live call and phone. Malformed messages are counted in ``malformed`` and mean nothing."""

    def __init__(self) -> None:
        self.calls: dict[CallId, LiveCall] = {}
        self.malformed = 0
        self._by_channel: dict[str, LiveCall] = {}
        self._phones: dict[AgentId, acd.DeviceSeen] = {}

    def hear(self, event: ami.AmiEvent) -> Heard:
        """What ``event`` means. Never raises for what Asterisk says."""
        heard = Heard()
        try:
            match event:
                case ami.UserEvent(name=name, fields=fields):
                    self._user_event(name, fields, heard)
                case ami.DialEnd(channel=channel, dest_channel=dest, status="ANSWER"):
                    self._answered(channel, heard)
                    self._answered_without_us(channel, dest, heard)
                case ami.Hangup(channel=channel, cause=cause):
                    if call := self._by_channel.get(channel):
                        self._ended(call.call, cause, True, heard)
                case ami.DeviceState(device=device, state=state):
                    self._device(device, state, heard)
                case _:
                    pass
        except BadInput:
            self.malformed += 1
        return heard

    def arrive(self, call: CallId, channel: str, alias: str, caller: str, trunk: str) -> Heard:
        """A call is here; whoever hears of it first (AMI or FastAGI) says so, the second means nothing."""
        heard = Heard()
        if call in self.calls:
            return heard
        live = LiveCall(call=call, channel=channel)
        self.calls[call] = live
        self._by_channel[channel] = live
        heard.facts.append(
            facts.CallStarted(call=call, channel=channel, alias=alias, caller=caller, trunk=trunk)
        )
        heard.events.append(acd.CallArrived(call=call))
        return heard

    def _user_event(self, name: str, fields: Mapping[str, str], heard: Heard) -> None:
        if name == "feature":
            heard.feature = Feature(agent_id(fields.get("agent", "")), fields.get("code", ""))
            return
        call = call_id(fields.get("call", ""))
        match name:
            case "start":
                arrived = self.arrive(
                    call,
                    fields.get("channel", ""),
                    fields.get("alias", ""),
                    fields.get("caller", ""),
                    fields.get("trunk", ""),
                )
                heard.events += arrived.events
                heard.facts += arrived.facts
            case "park":
                self._parked(call, fields, heard)
            case "offer":
                self._offered(call, fields, heard)
            case "offer-end":
                self._offer_ended(call, fields, heard)
            case "recording":
                heard.facts.append(facts.RecordingStarted(call=call, base=call_id(fields.get("base", ""))))
            case "message":
                self._message(call, fields, heard)
            case "fallback":
                heard.facts.append(facts.FallbackServed(call=call, how=fields.get("how", "")))
            case "end":
                self._ended(call, _number(fields.get("cause", "")), fields.get("bycaller") == "yes", heard)
            case _:
                self.malformed += 1

    def _parked(self, call: CallId, fields: Mapping[str, str], heard: Heard) -> None:
        live = self.calls.get(call)
        if live is None or live.joined:
            return
        live.joined = True
        queue = queue_name(fields.get("queue", ""))
        heard.facts.append(facts.QueueJoined(call=call, queue=queue))
        heard.events.append(
            acd.CallerJoined(
                call=call,
                queue=queue,
                priority_minutes=_minutes(fields.get("priority", "")),
                language=fields.get("language") or "vi",
            )
        )

    def _offered(self, call: CallId, fields: Mapping[str, str], heard: Heard) -> None:
        live = self.calls.get(call)
        if live is None:
            return
        live.offer = _offer(call, fields.get("offer", ""))
        live.agent = agent_id(fields.get("agent", ""))
        live.answered = False
        heard.facts.append(facts.OfferStarted(call=call, offer=live.offer, agent=live.agent))
        heard.events.append(acd.OfferRinging(offer=live.offer))

    def _answered(self, channel: str, heard: Heard) -> None:
        live = self._by_channel.get(channel)
        if live is None or live.offer is None or live.agent is None or live.answered:
            return
        live.answered = True
        heard.facts.append(facts.CallAnswered(call=live.call, offer=live.offer, agent=live.agent))
        heard.events.append(acd.OfferAnswered(offer=live.offer))

    def _answered_without_us(self, channel: str, dest: str, heard: Heard) -> None:
        """The backup queue found a desk for a caller who waited while we were away."""
        live = self._by_channel.get(channel)
        if live is not None and live.offer is None and not live.answered and dest.startswith(_DESK):
            self._serve_by_backup(live, dest.removeprefix(_DESK).partition("-")[0], heard)

    def _serve_by_backup(self, live: LiveCall, number: str, heard: Heard) -> None:
        live.agent = agent_id(number)
        live.answered = True
        offer = OfferId(f"{live.call}#0")  # attempts of ours count from 1
        heard.facts.append(facts.CallAnswered(call=live.call, offer=offer, agent=live.agent))

    def _offer_ended(self, call: CallId, fields: Mapping[str, str], heard: Heard) -> None:
        live = self.calls.get(call)
        if live is None:
            return
        offer = _offer(call, fields.get("offer", ""))
        agent = agent_id(fields.get("agent", ""))
        status = fields.get("status", "")
        if status == "ANSWER":
            self._answered(live.channel, heard)  # DialEnd precedes; a resync in between may have hidden it
            live.answered = False
            live.offer = live.agent = None
            heard.facts.append(facts.TalkEnded(call=call, agent=agent))
            heard.events.append(acd.TalkEnded(call=call))
        elif status != "CANCEL":  # a cancelled dial is the caller hanging up: cc-end says so
            live.offer = live.agent = None
            failure = self._failure(agent, status, fields.get("cause", ""))
            heard.facts.append(facts.OfferEnded(call=call, offer=offer, agent=agent, failure=failure))
            heard.events.append(acd.OfferFailed(offer=offer, failure=failure))

    def _failure(self, agent: AgentId, status: str, cause: str) -> acd.OfferFailure:
        if status == "NOANSWER":
            return acd.OfferFailure.NO_ANSWER
        if status == "BUSY":
            # Many phones say "busy here" when their operator presses reject.
            phone = self._phones.get(agent)
            return acd.OfferFailure.BUSY if phone and phone.in_use else acd.OfferFailure.REFUSED
        if cause == _REFUSED:
            return acd.OfferFailure.REFUSED
        return acd.OfferFailure.UNREACHABLE

    def _message(self, call: CallId, fields: Mapping[str, str], heard: Heard) -> None:
        seconds = _number(fields.get("seconds", ""))
        silent = fields.get("status") == "SILENCE" and seconds < _SILENCE_S
        if fields.get("status") != "ERROR" and not silent and seconds >= _SHORTEST_MESSAGE_S:
            heard.facts.append(facts.MessageLeft(call=call, file=f"{call}.wav", duration_s=float(seconds)))

    def _ended(self, call: CallId, cause: int, by_caller: bool, heard: Heard) -> None:
        live = self.calls.pop(call, None)
        if live is None:
            return
        self._by_channel.pop(live.channel, None)
        if live.answered and live.agent is not None:
            heard.facts.append(facts.TalkEnded(call=call, agent=live.agent))
        heard.facts.append(facts.CallEnded(call=call, cause=cause, by_caller=by_caller))
        heard.events.append(acd.CallLeft(call=call))

    def _device(self, device: str, state: str, heard: Heard) -> None:
        seen = device_seen(device, state)
        if seen is None:
            return
        self._phones[seen.agent] = seen
        heard.events.append(_changed(seen))

    def phones_of(self, agents: Collection[AgentId]) -> Heard:
        """Again what is known of these desks' phones, for an engine that had not heard of the desks before."""
        return Heard(events=[_changed(seen) for agent, seen in self._phones.items() if agent in agents])

    def resync(
        self,
        truth: Resync,
        *,
        known: Collection[CallId] = (),
        seats: tuple[acd.AgentSeat, ...] = (),
        wall_now: float,
        why_lost: str,
    ) -> Heard:
        """Take over what Asterisk has; calls that we (or the journal: ``known``) had besides are lost."""
        heard = Heard()
        gone = dict.fromkeys([*self.calls, *known])
        self.calls.clear()
        self._by_channel.clear()
        seen_calls = []
        for channel in truth.channels:
            try:
                adopted = self._adopt(channel, wall_now, heard, known=gone)
            except BadInput:
                self.malformed += 1
                continue
            if adopted is not None:
                seen_calls.append(adopted)
                gone.pop(adopted.call, None)
        heard.facts += [facts.CallLost(call=call, why=why_lost) for call in gone]
        devices = [seen for device, state in truth.devices if (seen := device_seen(device, state))]
        self._phones = {seen.agent: seen for seen in devices}
        heard.events.append(acd.Resynchronised(calls=tuple(seen_calls), devices=tuple(devices), seats=seats))
        return heard

    def _adopt(
        self, channel: ChannelSeen, wall_now: float, heard: Heard, *, known: Collection[CallId]
    ) -> acd.CallSeen | None:
        variables = channel.variables
        if variables.get("CC_CALL", "") != channel.uniqueid or variables.get("CC_STATE", "") == "":
            return None  # a desk's leg inherits CC_CALL; only the citizen's channel is the call
        call = call_id(channel.uniqueid)
        live = LiveCall(call=call, channel=channel.channel)
        self.calls[call] = live
        self._by_channel[channel.channel] = live
        if call not in known:
            heard.facts.append(
                facts.CallStarted(
                    call=call,
                    channel=channel.channel,
                    alias=variables.get("CC_ALIAS", ""),
                    caller=variables.get("CC_CALLER", ""),
                    trunk="",
                )
            )
        return self._seen(live, channel, wall_now, heard)

    def _seen(self, live: LiveCall, channel: ChannelSeen, wall_now: float, heard: Heard) -> acd.CallSeen:
        variables = channel.variables
        state = variables["CC_STATE"]
        if variables.get("CC_RECORDING"):
            heard.facts.append(facts.RecordingStarted(call=live.call, base=live.call))
        if state == "fallback":
            heard.facts.append(facts.FallbackServed(call=live.call, how="queue"))
            member = variables.get("MEMBERINTERFACE", "")
            if channel.bridge_id and member.startswith(_DESK):
                self._serve_by_backup(live, member.removeprefix(_DESK), heard)
        if state not in {"waiting", "offered"}:
            return acd.CallSeen(call=live.call)
        queue = queue_name(variables.get("CC_QUEUE", ""))
        live.joined = True
        heard.facts.append(facts.QueueJoined(call=live.call, queue=queue))
        ringing: AgentId | None = None
        talking: AgentId | None = None
        if state == "offered" and variables.get("CC_AGENT"):
            live.agent = agent_id(variables["CC_AGENT"])
            live.offer = _offer(live.call, variables.get("CC_OFFER", ""))
            live.answered = bool(channel.bridge_id)
            ringing, talking = (None, live.agent) if live.answered else (live.agent, None)
            if talking:
                heard.facts.append(facts.CallAnswered(call=live.call, offer=live.offer, agent=talking))
        return acd.CallSeen(
            call=live.call,
            waiting_in=queue,
            waited_s=max(0.0, wall_now - float(_number(variables.get("CC_SINCE", "")) or wall_now)),
            priority_minutes=_minutes(variables.get("CC_PRIORITY", "")),
            language=variables.get("CC_LANGUAGE") or "vi",
            offered=live.offer,
            ringing=ringing,
            talking_to=talking,
        )


def device_seen(device: str, state: str) -> acd.DeviceSeen | None:
    """A desk's phone from Asterisk's device state; None for devices that are no desk."""
    if not device.startswith(_DESK):
        return None
    try:
        agent = agent_id(device.removeprefix(_DESK))
    except BadInput:
        return None
    return acd.DeviceSeen(
        agent=agent,
        reachable=state not in {"UNAVAILABLE", "INVALID", "UNKNOWN"},
        in_use=state in {"INUSE", "BUSY", "ONHOLD", "RINGINUSE"},
    )


def _changed(seen: acd.DeviceSeen) -> acd.DeviceChanged:
    return acd.DeviceChanged(agent=seen.agent, reachable=seen.reachable, in_use=seen.in_use)


def _offer(call: CallId, text: str) -> OfferId:
    owner, _, attempt = text.partition("#")
    if owner != call or not attempt.isascii() or not attempt.isdigit():
        raise BadInput("offer_id_malformed", value=text[:64])
    return OfferId(text)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        return 0.0
    return minutes if 0.0 <= minutes <= 1440.0 else 0.0
