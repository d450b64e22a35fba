"""Runs SIPp: fills a scenario template, starts the process, watches it, and reads what it left behind.

SIPp carries the load; ``sim.softphone`` carries the few calls whose behaviour a script decides.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.kernel.errors import BadInput, Unavailable
from sim.sipp_report import (
    CallLine,
    Progress,
    SippReport,
    failures,
    parse_calls,
    parse_response_times,
    parse_statistics,
    progress,
)

SCENARIOS = Path(__file__).with_name("scenarios")
_PLACEHOLDER = re.compile(r"@@([A-Z0-9_]+)@@")
_CANCELLED = "CANCELLED"


def render_scenario(name: str, values: Mapping[str, str], *, folder: Path = SCENARIOS) -> str:
    """The template ``name`` with each ``@@KEY@@`` replaced.

    Raises:
        BadInput: the template has a placeholder without a value, or a value has no placeholder.
    """
    template = (folder / f"{name}.xml").read_text(encoding="utf-8")
    given = dict(values)
    wanted = set(_PLACEHOLDER.findall(template))
    if _CANCELLED in wanted:
        given[_CANCELLED] = (folder / "cancelled_part.xml").read_text(encoding="utf-8")
    if wanted != set(given):
        raise BadInput("scenario_values_differ", scenario=name, differing=sorted(wanted ^ set(given)))
    return _PLACEHOLDER.sub(lambda match: given[match[1]], template)


def write_injection(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """An injection file for ``-inf``, read line after line.

    Raises:
        BadInput: a field has a semicolon or a line break, or there is no row.
    """
    if not rows:
        raise BadInput("injection_empty")
    lines = ["SEQUENTIAL"]
    for row in rows:
        fields = [str(value) for value in row]
        if any(";" in text or "\n" in text for text in fields):
            raise BadInput("injection_field_malformed", row=fields)
        lines.append(";".join(fields))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class SippJob:
    """One SIPp process to be run."""

    name: str
    """Names its files in the folder."""
    scenario: str
    """The filled-in XML."""
    local_host: str
    local_port: int
    rtp_ports: tuple[int, int]
    remote: str | None = None
    """``host:port`` to send to; ``None`` for one that only waits for calls."""
    injected: Mapping[str, Sequence[Sequence[object]]] = field(default_factory=dict)
    """Injection files by name; the first is the one that a bare ``[field0]`` means."""
    answering: str | None = None
    """Filled-in XML for calls that come in while ``scenario`` makes its own."""
    calls: int | None = None
    """Ends after this many; ``None`` runs until stopped."""
    rate_per_s: float = 10.0
    at_once: int = 10_000
    """Never more calls at once than this; SIPp's own default is three seconds' worth of calls."""


class SippRun:
    """A running SIPp. Use as a context manager, so that no process outlives its test."""

    def __init__(self, sipp: Path, job: SippJob, folder: Path) -> None:
        self._job = job
        self._folder = folder / job.name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = self._start(sipp)

    def __enter__(self) -> SippRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id, for measuring its processor time."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def progress(self) -> Progress:
        """How far it is, at most a second old."""
        return progress(self._rows())

    def calls(self) -> list[CallLine]:
        """The calls that have ended so far, by its log."""
        return parse_calls(self._read("calls.log").splitlines())

    def registered(self) -> set[str]:
        """SIP user names that have been registered so far."""
        return set(re.findall(r"\bregistered (\S+)", self._read("calls.log")))

    def wait(self, timeout_s: float) -> SippReport:
        """Wait for its end and report.

        Raises:
            Unavailable: it has not ended in time; it is stopped then.
        """
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Unavailable("sipp_timed_out", job=self._job.name, timeout_s=timeout_s) from None
        return self.report()

    def stop(self, *, grace_s: float = 3.0) -> SippReport:
        """End it: first asked to finish its calls, then terminated. Reports what it did until then."""
        for sign, patience_s in ((signal.SIGUSR1, grace_s), (signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
            if not self.running:
                break
            self._process.send_signal(sign)
            try:
                self._process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        return self.report()

    def report(self) -> SippReport:
        """What its files say now."""
        rows = self._rows()
        newest = progress(rows)
        times = [path.read_text(encoding="utf-8") for path in self._folder.glob("*_rtt.csv")]
        return SippReport(
            scenario=self._job.name,
            exit_code=-1 if self._process.returncode is None else self._process.returncode,
            created=newest.created,
            successful=newest.successful,
            failed=newest.failed,
            peak=max((int(row["CurrentCall"]) for row in rows), default=0),
            failures=failures(rows),
            calls=tuple(self.calls()),
            response_ms=parse_response_times("\n".join(times)),
            errors=tuple(self._read("errors.log").splitlines()[-20:]),
        )

    def wait_until_listening(self, timeout_s: float = 10.0) -> None:
        """Return once its SIP port is bound.

        Raises:
            Unavailable: it ended, or the port isn't bound in time.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self.running:
                raise Unavailable("sipp_ended", job=self._job.name, said=self._said())
            if not _port_is_free(self._job.local_host, self._job.local_port):
                return
            time.sleep(0.05)
        raise Unavailable("sipp_not_listening", job=self._job.name, port=self._job.local_port)

    def _start(self, sipp: Path) -> subprocess.Popen[bytes]:
        job, folder = self._job, self._folder
        (folder / "scenario.xml").write_text(job.scenario, encoding="utf-8")
        command = [str(sipp), "-sf", "scenario.xml"]
        if job.answering is not None:
            (folder / "answering.xml").write_text(job.answering, encoding="utf-8")
            command += ["-rxsf", "answering.xml"]
        for name, rows in job.injected.items():
            write_injection(folder / name, rows)
            command += ["-inf", name]
        if job.calls is not None:
            command += ["-m", str(job.calls)]
        command += ["-i", job.local_host, "-p", str(job.local_port), "-mi", job.local_host]
        command += ["-min_rtp_port", str(job.rtp_ports[0]), "-max_rtp_port", str(job.rtp_ports[1])]
        command += [
            "-r",
            f"{job.rate_per_s:g}",
            "-l",
            str(job.at_once),
            "-cid_str",
            f"%u-{os.getpid()}-%p@%s",
            "-aa",
            "-nostdin",
        ]
        command += ["-trace_stat", "-fd", "1", "-stf", "statistics.csv", "-trace_rtt", "-rtt_freq", "1"]
        command += ["-trace_logs", "-log_file", "calls.log", "-trace_err", "-error_file", "errors.log"]
        if job.remote is not None:
            command.append(job.remote)
        with (folder / "output.txt").open("wb") as output:
            return subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def _rows(self) -> list[dict[str, str]]:
        return parse_statistics(self._read("statistics.csv"))

    def _read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _said(self) -> str:
        return (self._read("errors.log") or self._read("output.txt"))[-500:]


def _port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
