"""Speech children for the worker: one per slot, handed out to whoever needs one."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

import structlog

from callcenter.worker.post_call import Speech
from recordings.core.dialogue import LegTranscript, Speaker
from recordings.models import choose, find_models
from recordings.models_shapes import SpeechModel
from recordings.transcriber.port import Transcriber
from recordings.transcriber.worker_process import ChildTranscriber

_log = structlog.get_logger()


class TranscriberPool:
    """A ``Transcriber`` for several threads: each leg goes to a free child, or waits for one."""

    def __init__(self, model: SpeechModel, slots: int) -> None:
        self._all = [ChildTranscriber(model) for _ in range(slots)]
        self._free: SimpleQueue[Transcriber] = SimpleQueue()
        for child in self._all:
            self._free.put(child)

    def transcribe(self, wav: Path, speaker: Speaker, language: str) -> LegTranscript:
        """Hear one leg; see ``Transcriber``."""
        child = self._free.get()
        try:
            return child.transcribe(wav, speaker, language)
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End all children, in the middle of a leg too."""
        for child in self._all:
            child.close()


def open_speech(models: Path, name: str, slots: int, language: str) -> tuple[Speech, TranscriberPool | None]:
    """Choose a model by ``name``, or by ``language`` when the name is empty; none at all is no error.

    Raises:
        NotFound: ``model_unknown``: the settings name a model that is not there.
    """
    model = choose(find_models(models), name or None, language)
    if model is None:
        _log.warning("no speech model: tickets will have no transcript", language=language)
        return Speech(transcriber=None, language=language), None
    pool = TranscriberPool(model, slots)
    speech = Speech(transcriber=pool, engine=model.engine.value, model=model.name, language=language)
    return speech, pool
