"""Every setting of the product, read once from ``CALLCENTER_*`` and passed down as small parts.

The defaults are the embedded call centre on one machine: unpacked Asterisk, SQLite, loopback only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


class Trunk(BaseModel):
    """A carrier's line into the house, known by its addresses."""

    name: str = Field(pattern=r"^trunk-[a-z0-9-]{1,24}$")
    addresses: tuple[str, ...]


class Settings(BaseSettings):
    """The settings. Each is ``CALLCENTER_<NAME>`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", frozen=True, extra="forbid")

    var: Path = Path("var")
    """Media, databases, journals, tools and everything else that changes."""
    assets: Path | None = None
    """Tools, speech models and prompts, which are only read; empty for ``var``."""
    studio: Path | None = None
    """Studio recordings of the prompts, used at each build; empty for none."""
    node: str = Field(default="node1", pattern=r"^[a-z][a-z0-9]{0,15}$")
    """This Asterisk's name: the first part of each call id."""
    language: Literal["vi", "en"] = "vi"
    """Of what the command line says."""
    home_area_code: str = Field(default="236", pattern=r"^\d{2,3}$")
    """Area code of the city, for numbers dialled without one (236 is Da Nang)."""

    database: str = ""
    """SQLAlchemy address; empty for SQLite under ``var``."""
    jobs_database: str = ""
    """Where durable jobs are kept; empty for a SQLite file of its own under ``var``."""

    sip_bind: str = "127.0.0.1"
    sip_port: Port = 5060
    media_address: str = "127.0.0.1"
    external_address: str = ""
    """Address that phones outside see, behind NAT; empty when there is none."""
    rtp_start: Port = 20000
    rtp_end: Port = 22000
    trunks: Annotated[tuple[Trunk, ...], NoDecode] = (Trunk(name="trunk-local", addresses=("127.0.0.2",)),)
    """``name=address,address;name=address``."""
    qualify_s: int = Field(default=15, ge=0, le=300)
    """Seconds between the questions by which a vanished phone is noticed; 0 asks nothing."""

    ami_port: Port = 5038
    agi_port: Port = 4573
    asterisk_http_port: Port = 8088
    switchboard_port: Port = 8023
    web_host: str = "127.0.0.1"
    web_port: Port = 8022

    max_calls: int = Field(default=90, ge=1, le=2000)
    """Calls in the house at once (S0-29)."""
    message_max_s: int = Field(default=180, ge=10, le=1800)
    fallback_wait_s: int = Field(default=120, ge=5, le=3600)
    """How long the backup queue is tried while the switchboard is away."""
    hold_slice_s: int = Field(default=10, ge=6, le=60)
    """Music between two looks at the switchboard's heartbeat, which beats every 4 s."""

    speech_model: str = ""
    """Name of the speech model; empty picks one that understands Vietnamese, if any is installed."""
    speech_slots: int = Field(default=1, ge=1, le=64)
    """Calls transcribed at the same time."""
    min_free_mb: int = Field(default=200, ge=1)
    """Below this much free disk recordings wait as legs, and the alarm ``disk_full`` says so until there is room."""

    @field_validator("trunks", mode="before")
    @classmethod
    def _split_trunks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        trunks = []
        for part in given.split(";"):
            name, _, addresses = part.strip().partition("=")
            trunks.append(
                {"name": name, "addresses": tuple(a.strip() for a in addresses.split(",") if a.strip())}
            )
        return tuple(trunks)

    @field_validator("assets", "studio", mode="before")
    @classmethod
    def _none_when_empty(cls, given: object) -> object:
        return None if given == "" else given

    @field_validator("var", "assets", "studio", mode="after")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        return folder.resolve() if folder else None

    @property
    def sip_server(self) -> str:
        """The address that a phone registers at: no phone can reach "every address of this machine"."""
        if self.sip_bind in ("0.0.0.0", "::"):
            return self.external_address or self.media_address
        return self.sip_bind

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.var}/callcenter.sqlite3"

    @property
    def jobs_database_url(self) -> str:
        return self.jobs_database or f"sqlite:///{self.var}/jobs.sqlite3"

    @property
    def legs(self) -> Path:
        return self.var / "spool" / "legs"

    @property
    def messages(self) -> Path:
        return self.var / "spool" / "messages"

    @property
    def journal(self) -> Path:
        return self.var / "journal"

    @property
    def recordings(self) -> Path:
        return self.var / "recordings"

    @property
    def keys(self) -> Path:
        return self.var / "keys"

    @property
    def models(self) -> Path:
        return (self.assets or self.var) / "models"

    @property
    def prompts(self) -> Path:
        return (self.assets or self.var) / "prompts"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def tools(self) -> Path:
        return (self.assets or self.var) / "tools"

    @property
    def snapshot(self) -> Path:
        return self.run / "snapshot.json"
