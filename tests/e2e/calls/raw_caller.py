"""A caller who writes the SIP headers by hand, bytes and all, as no decent telephone would."""

from __future__ import annotations

import itertools
import random
import re
import socket
import time
import uuid

from sim.dtmf import FRAME, event_packets
from sim.pcap import RtpPacket

_EVENT = 101


class RawCaller:
    """One call from the trunk's address. Use as a context manager; leaving hangs up."""

    def __init__(self, server: tuple[str, int], sender: bytes, *, host: str = "127.0.0.2") -> None:
        """``sender`` is all that stands behind ``From:`` but the tag."""
        self._server, self._sender, self._host = server, sender, host
        self._sip, self._rtp = (_bound(host) for _ in range(2))
        self._call_id = uuid.uuid4().hex.encode()
        self._to = b"<sip:1022@127.0.0.1>"
        self._target = b"sip:1022@%s:%d" % (server[0].encode(), server[1])
        self._media: tuple[str, int] | None = None
        self.status = 0

    def __enter__(self) -> RawCaller:
        """Call, and wait for the final answer."""
        try:
            self._invite()
        except BaseException:
            self._close()
            raise
        return self

    def _invite(self) -> None:
        self._send(b"INVITE", 1, self._offer())
        answer = self._receive()
        while (status := int(answer.split(b" ", 2)[1])) < 200:
            answer = self._receive()
        self.status = status
        self._to = _header(answer, b"To")
        if status == 200:
            self._target = _header(answer, b"Contact").strip(b"<>")
            port = re.search(rb"m=audio (\d+)", answer)
            assert port is not None
            self._media = (self._server[0], int(port[1]))
        self._send(b"ACK", 1)

    def __exit__(self, *_: object) -> None:
        if self.status == 200:
            self._send(b"BYE", 2)
        self._close()

    def _close(self) -> None:
        self._sip.close()
        self._rtp.close()

    def press(self, keys: str, *, every_s: float = 1.0) -> None:
        """Each key after a while of silence."""
        sequence, clock = itertools.count(random.randrange(1 << 15)), itertools.count(0, FRAME)
        for key in keys:
            for _ in range(int(every_s / 0.02)):
                self._packet(0, next(sequence), next(clock), b"\xff" * FRAME)
            stamp = next(clock)
            for event in event_packets(key):
                self._packet(_EVENT, next(sequence), stamp, event.payload, marker=event.marker)
                next(clock)

    def _packet(self, kind: int, sequence: int, stamp: int, payload: bytes, *, marker: bool = False) -> None:
        assert self._media is not None
        packet = RtpPacket(
            payload_type=kind, sequence=sequence, timestamp=stamp, ssrc=1022, payload=payload, marker=marker
        )
        self._rtp.sendto(packet.to_bytes(), self._media)
        time.sleep(0.02)

    def _send(self, method: bytes, sequence: int, body: bytes = b"") -> None:
        own = b"%s:%d" % (self._host.encode(), self._sip.getsockname()[1])
        lines = [
            b"%s %s SIP/2.0" % (method, self._target),
            b"Via: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%s;rport" % (own, method, sequence, self._call_id),
            b"Max-Forwards: 70",
            b"From: %s;tag=raw" % self._sender,
            b"To: " + self._to,
            b"Call-ID: " + self._call_id,
            b"CSeq: %d %s" % (sequence, method),
            b"Contact: <sip:raw@%s>" % own,
            *([b"Content-Type: application/sdp"] if body else []),
            b"Content-Length: %d" % len(body),
        ]
        self._sip.sendto(b"\r\n".join(lines) + b"\r\n\r\n" + body, self._server)

    def _offer(self) -> bytes:
        port = self._rtp.getsockname()[1]
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 {_EVENT}\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a=rtpmap:{_EVENT} telephone-event/8000\r\na=fmtp:{_EVENT} 0-16\r\n"
        ).encode()

    def _receive(self) -> bytes:
        return self._sip.recv(65_535)


def _bound(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(5)
    return made


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"^%s: *(.*?)\r$" % name, message, re.MULTILINE | re.IGNORECASE)
    assert found is not None
    return found[1]
