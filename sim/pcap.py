"""Writes RTP as a pcap file that SIPp's ``play_pcap_audio`` and Wireshark read, and reads it back. Pure.

Classic pcap, Ethernet, IPv4, UDP. SIPp rewrites addresses and ports; the UDP checksum is left out (0).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callcenter.kernel.errors import BadInput

_GLOBAL = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
_ETHERNET = bytes(12) + b"\x08\x00"
_LOOPBACK = bytes((127, 0, 0, 1))
_HEADERS = len(_ETHERNET) + 20 + 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """One RTP packet (RFC 3550, 5.1) without CSRC and extension."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def to_bytes(self) -> bytes:
        """The packet as it goes on the wire."""
        head = struct.pack(
            "!BBHII",
            0x80,
            (0x80 if self.marker else 0) | self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
        )
        return head + self.payload


def parse_rtp(datagram: bytes) -> RtpPacket:
    """The packet in a datagram; CSRC entries are skipped.

    Raises:
        BadInput: it isn't RTP version 2.
    """
    if len(datagram) < 12 or datagram[0] >> 6 != 2:
        raise BadInput("rtp_malformed")
    _, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", datagram[:12])
    return RtpPacket(
        payload_type=second & 0x7F,
        marker=bool(second & 0x80),
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=datagram[12 + 4 * (datagram[0] & 0x0F) :],
    )


def speech_packets(g711: bytes, *, payload_type: int = 8, frame: int = 160) -> list[RtpPacket]:
    """G.711 sound (8 bits a sample, 8 kHz) cut into packets; a last part shorter than a frame is dropped."""
    return [
        RtpPacket(
            payload_type=payload_type,
            sequence=index + 1,
            timestamp=index * frame,
            ssrc=0x1022,
            payload=g711[index * frame : (index + 1) * frame],
            marker=index == 0,
        )
        for index in range(len(g711) // frame)
    ]


def write(packets: Sequence[RtpPacket], *, interval_us: int = 20_000) -> bytes:
    """A pcap file with ``packets`` that many microseconds apart."""
    parts = [_GLOBAL]
    for index, packet in enumerate(packets):
        body = packet.to_bytes()
        udp = struct.pack("!HHHH", 6000, 6000, 8 + len(body), 0) + body
        ip = _ip_header(20 + len(udp), index)
        frame = _ETHERNET + ip + udp
        seconds, micros = divmod(index * interval_us, 1_000_000)
        parts.append(struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame)
    return b"".join(parts)


def read(blob: bytes) -> Iterator[tuple[float, RtpPacket]]:
    """Time in seconds and packet of each record in a file that ``write`` made.

    Raises:
        BadInput: another format, or a record cut short.
    """
    if blob[: len(_GLOBAL)] != _GLOBAL:
        raise BadInput("pcap_malformed")
    at = len(_GLOBAL)
    while at < len(blob):
        if at + 16 > len(blob):
            raise BadInput("pcap_cut_short")
        seconds, micros, size, _ = struct.unpack("<IIII", blob[at : at + 16])
        frame = blob[at + 16 : at + 16 + size]
        if len(frame) < size or size < _HEADERS:
            raise BadInput("pcap_cut_short")
        yield seconds + micros / 1_000_000, parse_rtp(frame[_HEADERS:])
        at += 16 + size


def _ip_header(total: int, number: int) -> bytes:
    header = struct.pack("!BBHHHBBH", 0x45, 0, total, number & 0xFFFF, 0x4000, 64, 17, 0) + _LOOPBACK * 2
    summed = sum(struct.unpack("!10H", header))
    while summed > 0xFFFF:
        summed = (summed >> 16) + (summed & 0xFFFF)
    return header[:10] + struct.pack("!H", ~summed & 0xFFFF) + header[12:]
