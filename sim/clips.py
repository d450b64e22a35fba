"""Vietnamese speech for citizens and operators to say: short human-like clips of three regions.

They are taken out of the wheel of the package ``vieneu``, which is opened as a zip archive and never
imported, and converted to what telephones use: 8 kHz mono as 16-bit wav, 8-bit unsigned for pyVoIP, and raw
A-law and mu-law for SIPp. The wheel's code is Apache-2.0, but its voices are CC BY-NC 4.0 (says its
``voices.json``): the clips serve tests and the demo and are never shipped.
"""

from __future__ import annotations

import audioop
import hashlib
import io
import subprocess
import sys
import wave
import zipfile
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from callcenter.kernel.errors import BadInput, Unavailable

PACKAGE = "vieneu==3.8.3"
RATE = 8000


class Speaker(StrEnum):
    """Whose line a clip is in the plays of ``sim``."""

    CITIZEN = "citizen"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One clip in the wheel."""

    name: str
    member: str
    sha256: str
    speaker: Speaker
    says: str = ""
    """What is said, where the package tells."""


SOURCES: tuple[Source, ...] = (
    Source(
        name="example_1",
        member="examples/audio_ref/example.wav",
        sha256="a723ba224a2f98f421a8fd6e850f0f5989ec59d9d7d9ca2f2710b5e7caf73b2c",
        speaker=Speaker.CITIZEN,
    ),
    Source(
        name="example_2",
        member="examples/audio_ref/example_2.wav",
        sha256="8f6733df04e5f3477a00136c6baeaf7a196c93df0ee13b9bfa3d8ba61034f063",
        speaker=Speaker.CITIZEN,
    ),
    Source(
        name="example_3",
        member="examples/audio_ref/example_3.wav",
        sha256="314d7f2017c725e385f5d814a2613c5129c776fab227eba543838423666b52ea",
        speaker=Speaker.CITIZEN,
    ),
    Source(
        name="example_4",
        member="examples/audio_ref/example_4.wav",
        sha256="bd817540edf7b34744b305c2966ac16b071729b2bab18e9bdd4f38b665b030b0",
        speaker=Speaker.CITIZEN,
    ),
    Source(
        name="binh_north_man",
        member="vieneu/assets/samples/Bình (nam miền Bắc).wav",
        sha256="135f087ced48606c4d406b770a11e344d4d9aa6bd7adfb3e5c26f69cd9cc6df1",
        speaker=Speaker.CITIZEN,
        says="Anh chỉ muốn được nhìn nhận như là một huấn luyện viên.",
    ),
    Source(
        name="vinh_south_man",
        member="vieneu/assets/samples/Vĩnh (nam miền Nam).wav",
        sha256="632a5c8fa34fe03001cc3c44427b5e0ee70f767377bc788b59a5dc9afa9fba49",
        speaker=Speaker.CITIZEN,
        says="Đến cuối thế kỷ 19, ngành đánh bắt cá được thương mại hóa.",
    ),
    Source(
        name="doan_south_woman",
        member="vieneu/assets/samples/Đoan (nữ miền Nam).wav",
        sha256="3e319ed45dd2a1458a52edfe43a83a36eff813f19399ac2e59ee3f93cace74be",
        speaker=Speaker.CITIZEN,
        says="Nuôi con theo phong cách Do Thái, không chỉ tốt cho đứa trẻ, mà còn tốt cho cả các bậc cha mẹ.",
    ),
    Source(
        name="ly_north_woman",
        member="vieneu/assets/samples/Ly (nữ miền Bắc).wav",
        sha256="0d4e47cfa5ed0b753c2bed07c58e26da89ee2977ca5e941244a6bbafd8869d5e",
        speaker=Speaker.OPERATOR,
        says="Chúng ta có thể áp dụng logic tương tự với người khác.",
    ),
    Source(
        name="ngoc_north_woman",
        member="vieneu/assets/samples/Ngọc (nữ miền Bắc).wav",
        sha256="475a73298fbe86e5d92e7fb95c6c26e897e5a2ffbdc3fa9e062df4025767af93",
        speaker=Speaker.OPERATOR,
        says="Trong phòng rất tù mù, nên có thể dễ dàng che dấu nó.",
    ),
    Source(
        name="tuyen_north_man",
        member="vieneu/assets/samples/Tuyên (nam miền Bắc).wav",
        sha256="f6b7ac2605db0a2cf634ce0f3a55a87a89f4c2e3bc06f83433e6af583c1f3692",
        speaker=Speaker.OPERATOR,
        says="Bạn cầm khúc cây, và ném vào bãi cỏ xanh tươi rậm rạp ở đằng xa.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip, ready in every form."""

    name: str
    speaker: Speaker
    says: str
    duration_s: float
    wav: Path
    """16-bit mono at 8 kHz."""
    unsigned: Path
    """Raw 8-bit unsigned, what pyVoIP writes."""
    alaw: Path
    ulaw: Path


def fetch_clips(var: Path) -> list[Clip]:
    """All clips, downloaded and converted on first use into ``var/clips``.

    Raises:
        Unavailable: the package index can't be reached.
        BadInput: the wheel isn't the one whose checksums we know.
    """
    folder = var / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    if not all(_clip(folder, source).ulaw.exists() for source in SOURCES):
        with zipfile.ZipFile(_wheel(folder)) as archive:
            for source in SOURCES:
                convert(archive.read(source.member), source, folder)
    return [_measured(_clip(folder, source)) for source in SOURCES]


def clips_of(speaker: Speaker, clips: list[Clip]) -> list[Clip]:
    """Those that ``speaker`` says."""
    return [clip for clip in clips if clip.speaker is speaker]


def convert(original: bytes, source: Source, folder: Path) -> Clip:
    """Write one clip in all forms.

    Raises:
        BadInput: the bytes aren't those that ``source`` pins, or no 16-bit wav.
    """
    if hashlib.sha256(original).hexdigest() != source.sha256:
        raise BadInput("clip_differs", clip=source.name)
    samples = telephone_samples(original)
    clip = _clip(folder, source)
    with wave.open(str(clip.wav), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples)
    clip.unsigned.write_bytes(audioop.bias(audioop.lin2lin(samples, 2, 1), 1, 128))
    clip.alaw.write_bytes(lin_to_alaw(samples))
    # Last, because its presence says that the clip is complete.
    clip.ulaw.write_bytes(audioop.lin2ulaw(samples, 2))
    return _measured(clip)


def telephone_samples(original: bytes) -> bytes:
    """A 16-bit wav of any rate as 16-bit mono samples at 8 kHz.

    Raises:
        BadInput: another width of sample.
    """
    with wave.open(io.BytesIO(original)) as sound:
        if sound.getsampwidth() != 2:
            raise BadInput("clip_not_16_bit")
        samples, rate = sound.readframes(sound.getnframes()), sound.getframerate()
        if sound.getnchannels() == 2:
            samples = audioop.tomono(samples, 2, 0.5, 0.5)
    converted, _ = audioop.ratecv(samples, 2, 1, rate, RATE, None)
    return converted


def lin_to_alaw(samples: bytes) -> bytes:
    """16-bit samples as raw A-law."""
    return audioop.lin2alaw(samples, 2)


def _wheel(folder: Path) -> Path:
    found = sorted(folder.glob("vieneu-*.whl"))
    if not found:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(folder),
            PACKAGE,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable("clips_unavailable", package=PACKAGE, said=done.stderr[-300:])
        found = sorted(folder.glob("vieneu-*.whl"))
    return found[0]


def _clip(folder: Path, source: Source) -> Clip:
    base = folder / source.name
    return Clip(
        name=source.name,
        speaker=source.speaker,
        says=source.says,
        duration_s=0.0,
        wav=base.with_suffix(".wav"),
        unsigned=base.with_suffix(".u8"),
        alaw=base.with_suffix(".alaw"),
        ulaw=base.with_suffix(".ulaw"),
    )


def _measured(clip: Clip) -> Clip:
    return replace(clip, duration_s=clip.ulaw.stat().st_size / RATE)
