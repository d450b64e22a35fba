"""pyVoIP 1.6.8's RTP stream with its faults fenced.

Its clock only ever runs late (27 packets a second instead of 50), its sequence numbers overflow into a packet
two bytes short, its buffers grow for ever, and it can't send keys. Here: a clock without drift, wrapped
numbers, bounded buffers, RFC 4733.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from pyVoIP import RTP

from callcenter.kernel.errors import BadInput
from sim.dtmf import FRAME, EventPacket, event_packets
from sim.pcap import RtpPacket, parse_rtp

EVENT = RTP.PayloadType.EVENT
PCMU = RTP.PayloadType.PCMU
_PACKET_S = 0.02
_SILENCE = b"\xff" * FRAME
"""20 ms of mu-law silence."""
_GAP_FRAMES = 5
"""100 ms between two keys."""
_KEPT_PACKETS = 50 * 120
"""Two minutes of what was heard."""


class FencedRtp(RTP.RTPClient):
    """One stream of mu-law both ways."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.packets_in = 0
        self._heard: deque[bytes] = deque(maxlen=_KEPT_PACKETS)
        self._sound: deque[bytes] = deque()
        self._keys: deque[EventPacket | None] = deque()
        self._event_type = next((number for number, kind in self.assoc.items() if kind is EVENT), None)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        if self._threads:
            return
        self.sin = self.sout = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sin.bind((self.inIP, self.inPort))
        self.sin.settimeout(0.2)
        self._threads = [
            threading.Thread(target=target, name=f"rtp {self.inPort}", daemon=True)
            for target in (self.recv, self.trans)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.NSD = False
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(2)
        if self._threads:
            self.sin.close()
            self._threads = []

    def play(self, ulaw: bytes) -> None:
        """Say this after what is still to be said."""
        self._sound.extend(ulaw[at : at + FRAME] for at in range(0, len(ulaw) - FRAME + 1, FRAME))

    @property
    def silent(self) -> bool:
        """Nothing left to say or to press."""
        return not self._sound and not self._keys

    def send_dtmf(self, keys: str) -> None:
        """Press ``keys`` as RFC 4733 events, before going on to speak.

        Raises:
            BadInput: no such key, or the other side knows no telephone-event.
        """
        if self._event_type is None:
            raise BadInput("telephone_event_not_agreed")
        for key in keys:
            self._keys.extend([*event_packets(key), *[None] * _GAP_FRAMES])

    def heard(self) -> bytes:
        """The last two minutes that came in, mu-law."""
        return b"".join(self._heard)

    def recv(self) -> None:
        while self.NSD:
            try:
                packet = parse_rtp(self.sin.recv(2048))
            except (TimeoutError, BadInput):
                continue
            except OSError:
                return
            if packet.payload_type == 0:
                self.packets_in += 1
                self._heard.append(packet.payload)
            elif self.assoc.get(packet.payload_type) is EVENT:
                self._note_key(packet)

    def _note_key(self, packet: RtpPacket) -> None:
        if packet.marker and self.dtmf is not None and packet.payload[0] < 12:
            self.dtmf("0123456789*#"[packet.payload[0]])

    def trans(self) -> None:
        packets = self._packets()
        due = time.monotonic()
        while self.NSD:
            try:
                self.sout.sendto(next(packets).to_bytes(), (self.outIP, self.outPort))
            except OSError:
                if not self.NSD:
                    return
            due += _PACKET_S
            time.sleep(max(0.0, due - time.monotonic()))

    def _packets(self) -> Iterator[RtpPacket]:
        """Keys before sound before silence, one packet each 20 ms, for ever."""
        sequence, clock = random.randrange(1 << 16), random.randrange(1 << 32)
        source = random.randrange(1 << 32)
        event_clock = clock
        while True:
            key = self._keys.popleft() if self._keys else None
            if key is not None and key.marker:
                event_clock = clock
            sound = _SILENCE if key or not self._sound else self._sound.popleft()
            yield RtpPacket(
                payload_type=0 if key is None else self._event_type or 0,
                sequence=sequence & 0xFFFF,
                timestamp=(clock if key is None else event_clock) & 0xFFFFFFFF,
                ssrc=source,
                payload=sound if key is None else key.payload,
                marker=key is not None and key.marker,
            )
            sequence += 1
            clock += FRAME
