"""The speech child: ``python -m recordings.transcriber.child CONFIG``. One engine, one leg at a time.

Requests and answers are JSON lines on stdin and stdout; whatever an engine prints goes to stderr. The child
limits its own memory and processor time, is nice to Asterisk, and ends when stdin ends. (``PR_SET_PDEATHSIG``
would be simpler, but it fires when the *thread* that started the child ends.)

    in   {"wav": PATH, "language": "vi"}
    out  {"ready": true} | {"refused": CODE, "detail": TEXT}                    once, after loading
    out  {"audio_s": 12.5}                                                      once a leg is opened
    out  {"words": [...], "seconds_of_speech": 3.2} | {"failed": CODE, "detail": TEXT}
"""

from __future__ import annotations

import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from recordings.core.dialogue import word_to_dict
from recordings.transcriber.port import FailureCode, TranscriptionFailed

if TYPE_CHECKING:  # importing it brings the engines' libraries, which come after the limits
    from recordings.transcriber.engine import Engine

NICE = 10
CPU_SLACK_S = 120
"""Processor time for start-up and loading, beyond what legs are granted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildConfig:
    """What the child is told on its command line."""

    engine: str
    path: str
    cpu_threads: int
    memory_bytes: int

    def to_json(self) -> str:
        """Give the command line argument."""
        return json.dumps(asdict(self))


TIMES_LENGTH = 4.0
"""A leg may take four times its own length to hear (and at least the floor that the parent sets)."""

LEAST_LEG_S = 60.0
"""Wall time that every leg is granted, however short."""


def _load(config: ChildConfig) -> Engine:
    """Load the engine; its libraries are imported here, after the limits are set."""
    if config.engine == "vosk":
        from recordings.transcriber.vosk_engine import VoskEngine

        return VoskEngine(Path(config.path))
    from recordings.transcriber.whisper_engine import WhisperEngine

    return WhisperEngine(Path(config.path), config.cpu_threads)


def main(argument: str, load: Callable[[ChildConfig], Engine] = _load) -> None:
    """Serve legs until stdin ends. Never returns on end of input: it leaves at once, whatever runs."""
    config = ChildConfig(**json.loads(argument))
    _limit(resource.RLIMIT_AS, config.memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _allow_cpu(CPU_SLACK_S)
    os.nice(NICE)
    requests, answers = _take_over_stdio()
    try:
        from recordings.transcriber.hearing import hear

        engine = load(config)
    except MemoryError as error:
        _say(answers, {"refused": FailureCode.OUT_OF_MEMORY, "detail": repr(error)[:200]})
        return
    except Exception as error:  # whatever a library raises on a directory that is no model
        _say(answers, {"refused": FailureCode.NO_MODEL, "detail": repr(error)[:200]})
        return
    _say(answers, {"ready": True})

    def opened(audio_s: float) -> None:
        _say(answers, {"audio_s": audio_s})
        _allow_cpu(max(LEAST_LEG_S, TIMES_LENGTH * audio_s) * (os.cpu_count() or 1))

    while True:
        request = json.loads(requests.get())
        try:
            words, spoken_s = hear(engine, Path(request["wav"]), request["language"], opened)
            _say(answers, {"words": [word_to_dict(word) for word in words], "seconds_of_speech": spoken_s})
        except TranscriptionFailed as failure:
            _say(answers, {"failed": failure.code, "detail": str(failure)[:200]})
        except (MemoryError, RuntimeError) as error:
            # CTranslate2 and onnxruntime report a failed allocation as RuntimeError.
            out = isinstance(error, MemoryError) or "alloc" in str(error).lower()
            code = FailureCode.OUT_OF_MEMORY if out else FailureCode.ENGINE_CRASHED
            _say(answers, {"failed": code, "detail": repr(error)[:200]})


def _allow_cpu(more_s: float) -> None:
    """Let the process use ``more_s`` more seconds of processor time; the kernel kills it after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + more_s) + 1)


def _limit(what: int, soft: int) -> None:
    """Set a soft limit, below the hard one that somebody above us may have set."""
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _take_over_stdio() -> tuple[queue.SimpleQueue[str], IO[str]]:
    """Keep stdin and stdout for the protocol; libraries find nothing on 0 and stderr on 1."""
    source = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in source:
            requests.put(line)
        os._exit(0)  # the parent is gone or has closed: nobody wants the answer

    threading.Thread(target=listen, daemon=True).start()
    return requests, answers


def _say(answers: IO[str], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
