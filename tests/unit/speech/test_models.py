from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter.kernel.errors import NotFound
from recordings.models import EngineName, SpeechModel, choose, find_models, recognise

pytestmark = pytest.mark.unit

VOSK = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst")
VOSK_STATIC = ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst")
VOSK_FLAT = ("final.mdl", "mfcc.conf", "HCLG.fst")
WHISPER = ("model.bin", "config.json", "tokenizer.json")


def build(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


def vocabulary(folder: Path, size: int) -> None:
    (folder / "vocabulary.txt").write_text("".join(f"w{n}\n" for n in range(size)))


@pytest.mark.parametrize(
    ("name", "files", "engine", "languages"),
    [
        ("vosk-model-vn-0.4", VOSK_STATIC, EngineName.VOSK, ("vi",)),
        ("vosk-model-small-vn-0.4", VOSK, EngineName.VOSK, ("vi",)),
        ("vosk-model-small-cn-0.22", VOSK_FLAT, EngineName.VOSK, ("zh",)),
        ("vosk-model-en-us-0.22", VOSK, EngineName.VOSK, ("en",)),
        ("our-own-hotline", VOSK, EngineName.VOSK, ()),
        ("PhoWhisper-small-ct2", WHISPER, EngineName.WHISPER, ("vi",)),
        ("whisper-small", WHISPER, EngineName.WHISPER, ("*",)),
    ],
)
def test_shapes(
    tmp_path: Path, name: str, files: tuple[str, ...], engine: EngineName, languages: tuple[str, ...]
) -> None:
    model = recognise(build(tmp_path / name, *files))
    assert model == SpeechModel(
        name=name, engine=engine, languages=languages, path=tmp_path / name, source="folder"
    )


@pytest.mark.parametrize("whole", [VOSK_STATIC, VOSK_FLAT, WHISPER])
def test_a_model_with_a_part_missing_or_empty_is_none(tmp_path: Path, whole: tuple[str, ...]) -> None:
    for number, part in enumerate(whole):
        folder = build(tmp_path / str(number), *whole)
        (folder / part).write_text("")
        if part != "tokenizer.json":
            assert recognise(folder) is None
        (folder / part).unlink()
        assert recognise(folder) is None


@pytest.mark.parametrize(("tokens", "languages"), [(51_864, ("en",)), (51_865, ("*",)), (51_866, ("*",))])
def test_english_only_whisper_shows_by_its_vocabulary(
    tmp_path: Path, tokens: int, languages: tuple[str, ...]
) -> None:
    folder = build(tmp_path / "whisper-x", "model.bin", "config.json")
    vocabulary(folder, tokens)
    model = recognise(folder)
    assert model is not None
    assert model.languages == languages


def test_the_note_of_the_installer_goes_before_the_name(tmp_path: Path) -> None:
    folder = build(tmp_path / "speech", *VOSK)
    (folder / "model-source.json").write_text(json.dumps({"source": "somewhere", "languages": ["vi"]}))
    model = recognise(folder)
    assert model is not None
    assert (model.source, model.languages) == ("somewhere", ("vi",))
    (folder / "model-source.json").write_text("{broken")
    broken = recognise(folder)
    assert broken is not None
    assert broken.languages == ()


def test_finding_lists_models_by_name_and_passes_over_the_rest(tmp_path: Path) -> None:
    build(tmp_path / "vosk-ko", *VOSK)
    build(tmp_path / "a-whisper", *WHISPER)
    build(tmp_path / ".incoming-1", *WHISPER)
    build(tmp_path / "notes", "readme")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert [model.name for model in find_models(tmp_path)] == ["a-whisper", "vosk-ko"]
    assert find_models(tmp_path / "missing") == []


def model(name: str, engine: EngineName, *languages: str) -> SpeechModel:
    return SpeechModel(name=name, engine=engine, languages=languages, path=Path(name), source="t")


KOREAN = model("vosk-ko", EngineName.VOSK, "ko")
VOSK_VI = model("vosk-model-vn-0.4", EngineName.VOSK, "vi")
PHO = model("PhoWhisper-base", EngineName.WHISPER, "vi")
BASE = model("whisper-base", EngineName.WHISPER, "*")


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ([KOREAN], None),
        ([], None),
        ([KOREAN, BASE], BASE),
        ([BASE, VOSK_VI, KOREAN], VOSK_VI),
        ([BASE, VOSK_VI, PHO], PHO),
    ],
)
def test_choice_for_vietnamese(there: list[SpeechModel], chosen: SpeechModel | None) -> None:
    assert choose(there, None, "vi") == chosen


def test_the_settings_win_and_an_unknown_name_is_an_error() -> None:
    assert choose([BASE, KOREAN], "vosk-ko", "vi") == KOREAN
    with pytest.raises(NotFound, match="model_unknown"):
        choose([BASE], "whisper-large", "vi")
