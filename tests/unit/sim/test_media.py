"""Pure media of the simulator: RTP in pcap files, keys as tones and events, telephone sound."""

from __future__ import annotations

import io
import math
import struct
import wave

import pytest

from callcenter.kernel.errors import BadInput
from sim import dtmf, pcap
from sim.clips import SOURCES, Speaker, telephone_samples

pytestmark = pytest.mark.unit


def test_pcap_comes_back_as_written() -> None:
    sound = bytes(range(256)) * 5
    packets = pcap.speech_packets(sound)
    assert len(packets) == len(sound) // 160
    read = list(pcap.read(pcap.write(packets)))
    assert [packet for _, packet in read] == packets
    assert [round(at * 1000) for at, _ in read] == [20 * n for n in range(len(packets))]
    assert b"".join(packet.payload for _, packet in read) == sound[: len(packets) * 160]
    assert packets[0].marker
    assert not packets[1].marker


def test_pcap_ip_checksum_is_right() -> None:
    blob = pcap.write(pcap.speech_packets(bytes(160)))
    header = blob[24 + 16 + 14 :][:20]
    total = sum(struct.unpack("!10H", header))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


@pytest.mark.parametrize("blob", [b"", b"nonsense" * 4, pcap.write(pcap.speech_packets(bytes(160)))[:-1]])
def test_broken_pcap_is_refused(blob: bytes) -> None:
    with pytest.raises(BadInput):
        list(pcap.read(blob))


@pytest.mark.parametrize("datagram", [b"", b"\x00" * 12, b"\x80\x00"])
def test_broken_rtp_is_refused(datagram: bytes) -> None:
    with pytest.raises(BadInput, match="rtp_malformed"):
        pcap.parse_rtp(datagram)


def power(samples: tuple[int, ...], frequency: float) -> float:
    turn = 2 * math.pi * frequency / dtmf.RATE
    real = sum(value * math.cos(turn * n) for n, value in enumerate(samples))
    imaginary = sum(value * math.sin(turn * n) for n, value in enumerate(samples))
    return math.hypot(real, imaginary) / len(samples)


@pytest.mark.parametrize("key", "0123456789*#")
def test_tone_has_the_two_frequencies_and_no_other(key: str) -> None:
    sound = dtmf.tone(key, milliseconds=100)
    samples = struct.unpack(f"<{len(sound) // 2}h", sound)
    low, high = dtmf.FREQUENCIES[key]
    others = {f for pair in dtmf.FREQUENCIES.values() for f in pair} - {low, high}
    assert min(power(samples, low), power(samples, high)) > 10 * max(power(samples, f) for f in others)


def test_event_packets_grow_and_end_three_times() -> None:
    packets = list(dtmf.event_packets("#", milliseconds=100))
    fields = [struct.unpack("!BBH", packet.payload) for packet in packets]
    assert {event for event, _, _ in fields} == {11}
    assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)
    assert [duration for _, _, duration in fields] == [160, 320, 480, 640, 800, 800, 800]
    assert [bool(volume & 0x80) for _, volume, _ in fields] == [False] * 4 + [True] * 3


@pytest.mark.parametrize("key", ["", "E", "12"])
def test_unknown_key_is_refused(key: str) -> None:
    with pytest.raises(BadInput, match="key_unknown"):
        list(dtmf.event_packets(key))
    with pytest.raises(BadInput, match="key_unknown"):
        dtmf.tone(key, milliseconds=100)


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_becomes_telephone_sound(channels: int) -> None:
    blob = io.BytesIO()
    with wave.open(blob, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(24000)
        out.writeframes(struct.pack("<h", 1000) * 24000 * channels)
    assert len(telephone_samples(blob.getvalue())) == pytest.approx(16000, abs=4)


def test_clips_are_pinned_and_both_sides_can_speak() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES) == len({s.sha256 for s in SOURCES})
    assert {source.speaker for source in SOURCES} == set(Speaker)
