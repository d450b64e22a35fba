"""pyVoIP 1.6.8, the newest on PyPI, with its faults fenced. Each fence names the fault.

SIP (``FencedSip``)
  - ``start`` waits a second and cannot leave REGISTER out; ``register`` and ``invite`` read the socket
    themselves and swallow what they don't expect. Here one thread reads, everything else waits for it.
  - Only 200, 404 and 503 end a call, and only they are acknowledged. Here every final answer is.
  - CANCEL gets 200 and the phone goes on ringing. Here it gets 487 as well and the call ends.
  - OPTIONS gets no answer, so a qualified contact counts as gone. Here it gets 200.
  - Call-IDs repeat after every start. Here they are random.
  - ACK and 200 carry a To tag made up on the spot; BYE repeats the INVITE's Via, which for a called phone is
    the server's own. Here they are built from the dialog.
Calls (``FencedCall``, ``FencedPhone``)
  - The callback for an incoming call runs a second late. Here it runs at once.
  - A-law is announced and then encoded as mu-law. Here only mu-law and telephone-event are announced.
  - A re-INVITE starts the RTP threads again. Here it doesn't.
RTP: ``sim.softphone_rtp``
"""

from __future__ import annotations

import queue
import random
import socket
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pyVoIP.VoIP  # first: its SIP and VoIP modules import each other
from pyVoIP import RTP, SIP
from pyVoIP.VoIP.VoIP import CallState, VoIPCall, VoIPPhone

from callcenter.kernel.errors import Unavailable
from sim.softphone_rtp import EVENT, PCMU, FencedRtp

_CANCEL_S = 2.0
"""How long the final answer to a cancelled INVITE is waited for, to acknowledge it."""

for _method in ("OPTIONS", "UPDATE", "INFO", "NOTIFY"):
    if _method not in pyVoIP.SIPCompatibleMethods:  # its parser refuses a method that isn't in this list
        pyVoIP.SIPCompatibleMethods.append(_method)


class FencedCall(VoIPCall):
    """One call of one phone."""

    sip: FencedSip
    phone: FencedPhone
    RTPClients: list[FencedRtp]  # type: ignore[assignment]  # a list of ours is a list of theirs here

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.status = 0
        """Final SIP status that ended it before an answer; 0 while there is none."""
        self.far_end_left = False
        self.over = threading.Event()
        self.up = threading.Event()
        self._settled = threading.Event()
        super().__init__(*arguments, **named)

    @property
    def rtp(self) -> FencedRtp:
        """The one audio stream.

        Raises:
            Unavailable: the call isn't answered.
        """
        if not self.RTPClients:
            raise Unavailable("call_has_no_media")
        return self.RTPClients[0]

    def create_rtp_clients(self, codecs: Any, ip: str, port: int, request: Any, baseport: int) -> None:
        agreed = {number: kind for number, kind in codecs.items() if kind in (PCMU, EVENT)}
        peer = request.body["c"][0]["address"]
        self.RTPClients.append(
            FencedRtp(agreed, ip, port, peer, baseport, "sendrecv", dtmf=self.dtmf_callback)
        )

    def gen_ms(self) -> dict[int, dict[int, Any]]:
        self.rtp.start()
        return {self.rtp.inPort: self.rtp.assoc}

    def answer(self) -> None:
        super().answer()
        self.up.set()

    def answered(self, request: Any) -> None:
        super().answered(request)
        self.up.set()
        self._settled.set()

    def renegotiate(self, request: Any) -> None:
        media = request.body["m"][0]
        self.rtp.outIP, self.rtp.outPort = request.body["c"][0]["address"], media["port"]
        self.sip.send(self.sip.gen_answer(request, self.session_id, self.gen_ms(), self.sendmode))

    def hangup(self) -> None:
        """End it from here in any state; an answer that crosses the CANCEL is hung up (RFC 3261, 9.1)."""
        if self.state is CallState.DIALING:
            self.sip.cancel(self.request)
            self._settled.wait(_CANCEL_S)
        if self.state is CallState.ANSWERED:
            self.sip.bye(self.request)
        elif self.state is CallState.RINGING:
            self.sip.send(self.sip.gen_final(self.request, "486 Busy Here"))
        self.finish()

    def bye(self) -> None:
        """The far end hung up."""
        self.far_end_left = True
        self.finish()

    def refused(self, status: int) -> None:
        """The far end gave a final answer other than 200, or took the call back."""
        self.status = status
        self.far_end_left = True
        self.finish()

    def finish(self) -> None:
        """Media off, gone from the phone."""
        self.state = CallState.ENDED
        for stream in self.RTPClients:
            stream.stop()
        self.phone.calls.pop(self.call_id, None)
        self._settled.set()
        self.over.set()


class FencedSip(SIP.SIPClient):
    """The SIP side of one phone: one socket, one reading thread."""

    phone: FencedPhone

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._registered: queue.Queue[Any] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self.options_answered = 0

    def start(self) -> None:
        self.NSD = True
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.bind((self.myIP, self.myPort))
        self.s.settimeout(0.2)
        self._spawn(self.recv_loop)

    def stop(self) -> None:
        self.NSD = False
        self._stopping.set()
        for thread in self._threads:
            thread.join(2)
        self._close_sockets()

    def stay_registered(self, timeout_s: float = 10.0) -> None:
        """Register now and again and again.

        Raises:
            Unavailable: refused, or not answered in time.
        """
        self._register_once(timeout_s)
        self._spawn(self._refresh)

    def deregister(self) -> bool:
        self._register_once(5.0, leave=True)
        return True

    def send(self, message: str) -> None:
        """Send to the server."""
        self.s.sendto(message.encode("utf8"), (self.server, self.port))

    def gen_call_id(self) -> str:
        return f"{uuid.uuid4().hex}@{self.myIP}"

    def recv_loop(self) -> None:
        while self.NSD:
            try:
                raw, source = self.s.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            if len(raw) > 4:  # shorter ones are keep-alives
                self._handle(SIP.SIPMessage(raw), source)

    def invite(self, number: str, ms: Any, sendtype: Any) -> tuple[Any, str, int]:
        call_id, session = self.gen_call_id(), self.sessID.next()
        text = self.gen_invite(number, str(session), ms, sendtype, self.gen_branch(), call_id)
        return SIP.SIPMessage(text.encode("utf8")), call_id, session

    def gen_ack(self, request: Any, *, target: str | None = None, branch: str | None = None) -> str:
        """ACK of a final answer: after 200 to the contact, with a branch of its own."""
        headers = request.headers
        return "\r\n".join(
            (
                f"ACK {target or 'sip:' + headers['To']['address']} SIP/2.0",
                f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={branch or headers['Via'][0]['branch']}",
                "Max-Forwards: 70",
                *_dialog(headers),
                f"CSeq: {headers['CSeq']['check']} ACK",
                "Content-Length: 0\r\n\r\n",
            )
        )

    def gen_final(self, request: Any, status: str) -> str:
        """An answer without a body, within the dialog that the request belongs to."""
        headers = request.headers
        tag = headers["To"]["tag"] or self.tagLibrary.get(headers["Call-ID"]) or self.gen_tag()
        cseq = f"{headers['CSeq']['check']} {headers['CSeq']['method']}"
        to = f"{headers['To']['raw']};tag={tag}"
        sender = f"{headers['From']['raw']};tag={headers['From']['tag']}"
        return (
            f"SIP/2.0 {status}\r\n{self._gen_response_via_header(request)}From: {sender}\r\nTo: {to}\r\n"
            f"Call-ID: {headers['Call-ID']}\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
        )

    def gen_ok(self, request: Any) -> str:
        return self.gen_final(request, "200 OK")

    def gen_bye(self, request: Any) -> str:
        headers = request.headers
        own_tag = self.tagLibrary[headers["Call-ID"]]
        ours, theirs = (("From", "To"), ("To", "From"))[headers["From"]["tag"] != own_tag]
        own, peer = headers[ours]["raw"], f"{headers[theirs]['raw']};tag={headers[theirs]['tag']}"
        target = headers["Contact"].split(">")[0].lstrip("<")
        return (
            f"BYE {target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={self.gen_branch()};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: {own};tag={own_tag}\r\nTo: {peer}\r\n"
            f"Call-ID: {headers['Call-ID']}\r\nCSeq: {int(headers['CSeq']['check']) + 1} BYE\r\n"
            "Content-Length: 0\r\n\r\n"
        )

    def cancel(self, request: Any) -> None:
        """Take back an INVITE that has no final answer yet."""
        headers = request.headers
        line = request.heading.decode("utf8").split(" ")[1]
        self.send(
            f"CANCEL {line} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={headers['Via'][0]['branch']}\r\n"
            f"Max-Forwards: 70\r\nFrom: {headers['From']['raw']};tag={headers['From']['tag']}\r\n"
            f"To: {headers['To']['raw']}\r\nCall-ID: {headers['Call-ID']}\r\n"
            f"CSeq: {headers['CSeq']['check']} CANCEL\r\nContent-Length: 0\r\n\r\n"
        )

    def _handle(self, message: Any, source: tuple[str, int]) -> None:
        if message.type == SIP.SIPMessageType.RESPONSE:
            self._handle_response(message)
        elif message.method == "INVITE":
            self.phone.callback(message)
        elif message.method != "ACK":
            if message.method == "OPTIONS":
                self.options_answered += 1
            self.s.sendto(self.gen_ok(message).encode("utf8"), source)
            self._handle_end(message)

    def _handle_end(self, message: Any) -> None:
        call = self.phone.calls.get(message.headers["Call-ID"])
        if call is None:
            return
        if message.method == "BYE":
            call.bye()
        elif message.method == "CANCEL" and call.state is CallState.RINGING:
            self.send(self.gen_final(call.request, "487 Request Terminated"))
            call.refused(487)

    def _handle_response(self, message: Any) -> None:
        status, method = int(message.status), message.headers["CSeq"]["method"]
        if status < 200:
            return
        if method == "REGISTER":
            self._registered.put(message)
        elif method == "INVITE" and status == 200:
            contact = message.headers["Contact"].split(">")[0].lstrip("<")
            self.send(self.gen_ack(message, target=contact, branch=self.gen_branch()))
            if call := self.phone.calls.get(message.headers["Call-ID"]):
                call.answered(message)
        elif method == "INVITE":
            self.send(self.gen_ack(message))
            if call := self.phone.calls.get(message.headers["Call-ID"]):
                call.refused(status)

    def _register_once(self, timeout_s: float, *, leave: bool = False) -> None:
        while not self._registered.empty():
            self._registered.get_nowait()
        self.send(self.gen_first_response(deregister=leave))
        try:
            answer = self._registered.get(timeout=timeout_s)
            if int(answer.status) == 401:
                self.send(self.gen_register(answer, deregister=leave))
                answer = self._registered.get(timeout=timeout_s)
        except queue.Empty:
            raise Unavailable("register_unanswered", username=self.username) from None
        if int(answer.status) != 200:
            raise Unavailable("register_refused", username=self.username, status=int(answer.status))

    def _refresh(self) -> None:
        while not self._stopping.wait(self.default_expires / 2):
            self._register_once(10.0)

    def _spawn(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"sip {self.myPort}", daemon=True)
        self._threads.append(thread)
        thread.start()


class FencedPhone(VoIPPhone):
    """One telephone. ``on_call`` runs in a thread of its own for each incoming call."""

    sip: FencedSip
    calls: dict[str, FencedCall]  # type: ignore[assignment]  # as above

    def __init__(
        self,
        *,
        server: tuple[str, int],
        username: str,
        secret: str,
        host: str,
        sip_port: int,
        rtp_ports: tuple[int, int],
        on_call: Callable[[FencedCall], None] | None = None,
    ) -> None:
        super().__init__(
            *server,
            username,
            secret,
            myIP=host,
            callCallback=on_call,  # type: ignore[arg-type]  # each call that it gets is a FencedCall
            sipPort=sip_port,
            rtpPortLow=rtp_ports[0],
            rtpPortHigh=rtp_ports[1],
        )
        self.sip = FencedSip(
            *server, username, secret, phone=self, myIP=host, myPort=sip_port, callCallback=self.callback
        )
        self._workers: list[threading.Thread] = []

    def start(self) -> None:
        """Open the socket; nothing is registered."""
        self.sip.start()
        self.NSD = True

    def stop(self, failed: bool = False) -> None:
        for call in list(self.calls.values()):
            call.hangup()
        for worker in self._workers:
            worker.join(5)
        self.NSD = False
        self.sip.stop()

    def call(self, number: str) -> FencedCall:
        """Dial ``number``; mu-law and telephone-event 101 are offered."""
        port = self.request_port()
        media = {port: {0: PCMU, 101: EVENT}}
        request, call_id, session = self.sip.invite(number, media, RTP.TransmitType.SENDRECV)
        made = FencedCall(
            self, CallState.DIALING, request, session, self.myIP, ms=media, sendmode=self.sendmode
        )
        self.calls[call_id] = made  # before it is sent, so that no answer finds it missing
        self.sip.send(request.raw.decode("utf8"))
        return made

    def _callback_MSG_Invite(self, request: Any) -> None:
        call_id = request.headers["Call-ID"]
        if known := self.calls.get(call_id):
            if known.state is CallState.ANSWERED:
                known.renegotiate(request)
            return
        if self.callCallback is None:
            self.sip.send(self.sip.gen_final(request, "486 Busy Here"))
            return
        self.sip.send(self.sip.gen_ringing(request))
        call = FencedCall(
            self, CallState.RINGING, request, random.randrange(1, 100_000), self.myIP, sendmode=self.recvmode
        )
        self.calls[call_id] = call
        worker = threading.Thread(target=self.callCallback, args=(call,), name=f"call {call_id}", daemon=True)
        self._workers = [each for each in self._workers if each.is_alive()] + [worker]
        worker.start()


def _dialog(headers: Any) -> tuple[str, ...]:
    """From, To and Call-ID of the dialog that an answer belongs to."""
    ends = (f"{name}: {headers[name]['raw']};tag={headers[name]['tag']}" for name in ("From", "To"))
    return (*ends, f"Call-ID: {headers['Call-ID']}")
