"""The parent's side of the speech child: starts it, talks to it, times it, kills it, tries once more."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import structlog

from callcenter.kernel.errors import Unavailable
from recordings.core.dialogue import LegTranscript, Speaker, word_from_dict
from recordings.models import SpeechModel
from recordings.transcriber.child import LEAST_LEG_S, TIMES_LENGTH, ChildConfig
from recordings.transcriber.port import FailureCode, TranscriptionFailed

CHILD = (sys.executable, "-m", "recordings.transcriber.child")
TRIES = 2
_EXIT_S = 5.0
_THINNEST_BYTES_PER_S = 8_000
"""A-law at 8 kHz: no leg is longer than its bytes allow, whatever its header says."""
_WORTH_A_RETRY = frozenset({FailureCode.ENGINE_CRASHED, FailureCode.TIMED_OUT, FailureCode.OUT_OF_MEMORY})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """How much a speech child may take. ``leg_s`` is the floor under four times the leg's length."""

    cpu_threads: int = 2
    memory_bytes: int = 6 * 1024**3
    load_s: float = 180.0
    leg_s: float = LEAST_LEG_S
    legs_per_child: int = 200
    """Engines grow slowly (vosk-server#149): a fresh child after so many legs."""


class ChildTranscriber:
    """A ``Transcriber`` whose engine lives in a child process. A context manager; one leg at a time."""

    def __init__(
        self, model: SpeechModel, limits: ChildLimits | None = None, command: tuple[str, ...] = CHILD
    ) -> None:
        """Remember what to start. The child starts with the first leg and loads its model once."""
        self._model = model
        self._limits = limits or ChildLimits()
        self._command = command
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        child = self._child
        return child.pid if child else None

    def close(self) -> None:
        """End the child for good, in the middle of a leg too: a worker that stops waits for no transcript."""
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()
        with self._lock:
            self._end_child()

    def transcribe(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        """Hear one leg in the child; see ``Transcriber``. Waits while another leg is being heard.

        Raises:
            TranscriptionFailed: at once when the audio or the model is bad, after two tries otherwise.
            Unavailable: ``transcriber_closed``; the leg itself is not to blame.
        """
        with self._lock:
            for attempt in range(1, TRIES + 1):
                if self._closed:
                    raise Unavailable("transcriber_closed")
                try:
                    return self._once(wav, speaker, language)
                except TranscriptionFailed as failure:
                    self._after(failure)
                    if self._closed:
                        raise Unavailable("transcriber_closed") from failure
                    log.warning(
                        "leg_not_transcribed",
                        leg=wav.name,
                        attempt=attempt,
                        reason=str(failure),
                    )
                    if failure.reason not in _WORTH_A_RETRY or attempt == TRIES:
                        raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        if self._child is None:
            self._child = _Child(self._command, self._model, self._limits)
            if self._closed:  # while it was loading
                raise Unavailable("transcriber_closed")
        child = self._child
        answer = child.hear(wav, language)
        if child.legs >= self._limits.legs_per_child:
            self._end_child()
        return LegTranscript(
            speaker=speaker,
            words=tuple(word_from_dict(word) for word in answer["words"]),
            engine=self._model.engine.value,
            model=self._model.name,
            seconds_of_speech=float(answer["seconds_of_speech"]),
        )

    def _after(self, failure: TranscriptionFailed) -> None:
        """Keep the child only when it said itself that the audio is bad; else it may be in any state."""
        if failure.reason not in (FailureCode.AUDIO_UNREADABLE, FailureCode.AUDIO_EMPTY):
            self._end_child()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """One running child process and its two pipes."""

    def __init__(self, command: tuple[str, ...], model: SpeechModel, limits: ChildLimits) -> None:
        self._limits = limits
        self.legs = 0
        config = ChildConfig(
            engine=model.engine.value,
            path=str(model.path),
            cpu_threads=limits.cpu_threads,
            memory_bytes=limits.memory_bytes,
        )
        self._noise: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the child
        try:
            self._process = subprocess.Popen(
                [*command, config.to_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._noise,
                start_new_session=True,  # a Ctrl-C at the terminal is for the parent to act on
                env={
                    **os.environ,
                    "HF_HUB_OFFLINE": "1",
                    "OMP_NUM_THREADS": str(limits.cpu_threads),
                    "MALLOC_ARENA_MAX": "2",  # glibc else reserves 64 MB of address space a thread
                },
            )
        except OSError as error:
            self._noise.close()
            raise TranscriptionFailed(FailureCode.ENGINE_CRASHED, detail=str(error)) from error
        self._unread = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        try:
            self._load(time.monotonic() + limits.load_s)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _load(self, deadline: float) -> None:
        answer = self._answer(deadline)
        if "refused" in answer:
            raise TranscriptionFailed(FailureCode(answer["refused"]), detail=answer.get("detail"))

    def hear(self, wav: Path, language: str) -> dict[str, Any]:
        """Send one leg and wait for its words.

        Raises:
            TranscriptionFailed: whatever went wrong.
        """
        self.legs += 1
        try:
            size = wav.stat().st_size
        except OSError as error:
            raise TranscriptionFailed(FailureCode.AUDIO_UNREADABLE, detail="no such file") from error
        request = json.dumps({"wav": str(wav.resolve()), "language": language}) + "\n"
        started = time.monotonic()
        deadline = started + self._limits.leg_s
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise self._crash() from error
        answer = self._answer(deadline)
        if "audio_s" in answer:
            audio_s = min(float(answer["audio_s"]), size / _THINNEST_BYTES_PER_S)
            answer = self._answer(started + max(self._limits.leg_s, TIMES_LENGTH * audio_s))
        if "failed" in answer:
            raise TranscriptionFailed(FailureCode(answer["failed"]), detail=answer.get("detail"))
        return answer

    def kill(self) -> None:
        """Kill the process, whatever it does. Another thread may be reading from it and sees the end."""
        self._process.kill()

    def end(self) -> None:
        """Kill and reap the process and close its pipes."""
        self.kill()
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._noise):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _answer(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not self._selector.select(left):
                raise TranscriptionFailed(FailureCode.TIMED_OUT)
            chunk = os.read(self._stdout.fileno(), 65_536)
            if not chunk:
                raise self._crash()
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise TranscriptionFailed(FailureCode.ENGINE_CRASHED, detail="no JSON") from error
        return answer

    def _crash(self) -> TranscriptionFailed:
        """Say how the child ended; running out of processor time counts as out of time."""
        try:
            status = self._process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # closed its stdout and lives on
            status = self._process.wait()
        code = FailureCode.TIMED_OUT if status == -signal.SIGXCPU else FailureCode.ENGINE_CRASHED
        self._noise.seek(0, os.SEEK_END)
        self._noise.seek(max(0, self._noise.tell() - 500))
        return TranscriptionFailed(
            code, status=status, stderr=self._noise.read().decode(errors="replace")[-500:]
        )
