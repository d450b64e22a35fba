"""A small Asterisk for tests of the simulator: only enough dialplan to hear keys, speech and desks."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from sim.programs import find_program, free_udp_port
from sim.sipp_jobs import DeskAccount

# fmt: off
_MODULES = (
    "res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb",
    "res_pjproject", "res_pjsip", "res_pjsip_session", "res_pjsip_pubsub", "res_pjsip_sdp_rtp",
    "res_pjsip_nat", "res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user", "res_pjsip_registrar", "res_pjsip_caller_id",
    "res_pjsip_rfc3326", "res_pjsip_header_funcs", "res_pjsip_dtmf_info", "res_pjsip_acl",
    "chan_pjsip", "res_crypto", "res_rtp_asterisk", "codec_ulaw", "codec_alaw", "codec_a_mu",
    "codec_resample", "format_wav", "format_pcm", "format_sln", "bridge_simple", "bridge_native_rtp",
    "bridge_softmix", "bridge_builtin_features", "pbx_config", "app_dial", "app_echo",
    "app_mixmonitor", "app_read", "app_stack", "app_verbose", "func_callerid", "func_channel",
    "func_strings", "func_logic",
)
# fmt: on

_DIALPLAN = """
[from-trunk]
; 1022 reads up to four keys, logs them and echoes what it hears.
exten => 1022,1,Answer()
 same => n,Read(KEYS,,4,,1,3)
 same => n,Log(NOTICE,keys=[${KEYS}] caller=[${CALLERID(num)}])
 same => n,Echo()
; 5 and a desk's number rings that desk, both legs recorded.
exten => _5XXXX,1,Answer()
 same => n,Set(BASE=${ASTSPOOLDIR}/${UNIQUEID})
 same => n,MixMonitor(,r(${BASE}-in.wav)t(${BASE}-out.wav))
 same => n,Dial(PJSIP/desk${EXTEN:1},15,b(header^s^1(${UNIQUEID}))g)
 same => n,Log(NOTICE,desk=[${EXTEN:1}] status=[${DIALSTATUS}] cause=[${HANGUPCAUSE}])
 same => n,Hangup()
; 4 and a desk's number gives up ringing after two seconds.
exten => _4XXXX,1,Answer()
 same => n,Dial(PJSIP/desk${EXTEN:1},2)
 same => n,Log(NOTICE,desk=[${EXTEN:1}] status=[${DIALSTATUS}] cause=[${HANGUPCAUSE}])
 same => n,Hangup()
; 7000 hears one key and rings the desk whose number ends like the caller's, both legs recorded.
exten => 7000,1,Answer()
 same => n,Read(KEYS,,1,,1,10)
 same => n,Set(BASE=${ASTSPOOLDIR}/${UNIQUEID})
 same => n,MixMonitor(,r(${BASE}-in.wav)t(${BASE}-out.wav))
 same => n,Dial(PJSIP/desk1${CALLERID(num):-3},15,b(header^s^1(${UNIQUEID}))g)
 same => n,Log(NOTICE,call=[${UNIQUEID}] keys=[${KEYS}] status=[${DIALSTATUS}])
 same => n,Hangup()
; 6 and a SIP cause refuses the call with it, unanswered.
exten => _6XX,1,Hangup(${EXTEN:1})
[header]
exten => s,1,Set(PJSIP_HEADER(add,X-CC-Call)=${ARG1})
 same => n,Return()
[from-desk]
exten => _X.,1,Hangup(21)
"""


class ScratchAsterisk:
    """Asterisk in a folder of its own on a free port. Use as a context manager."""

    def __init__(self, folder: Path, var: Path, accounts: Sequence[DeskAccount] = ()) -> None:
        self._folder = folder / "asterisk"
        self._var = var
        self._accounts = accounts
        self.port = free_udp_port()
        self.spool = self._folder / "spool"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> ScratchAsterisk:
        self._write_configuration()
        program = find_program("asterisk", self._var)
        with (self._folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                [program, "-C", str(self._folder / "asterisk.conf"), "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_until_booted(20)
        except AssertionError:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def log(self, file: str = "log/messages") -> str:
        path = self._folder / file
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def wait_for_log(self, text: str, timeout_s: float, file: str = "log/messages") -> None:
        deadline = time.monotonic() + timeout_s
        while text not in self.log(file):
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                raise AssertionError(f"{text!r} not in {file}: {self.log(file)[-2000:]}")
            time.sleep(0.05)

    def command(self, text: str) -> str:
        """What Asterisk's console answers."""
        program = find_program("asterisk", self._var)
        configuration = str(self._folder / "asterisk.conf")
        done = subprocess.run(
            [program, "-C", configuration, "-rx", text],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return done.stdout

    def _wait_until_booted(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while "fully booted" not in self.command("core waitfullybooted"):
            if time.monotonic() > deadline:
                raise AssertionError(f"Asterisk doesn't start: {self.log('output.txt')[-1000:]} {self.log()}")
            time.sleep(0.1)

    def _write_configuration(self) -> None:
        for name in ("log", "run", "lib", "spool"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        rtp = 40000 + (self.port * 7) % 15000
        root = self._var / "tools" / "root"
        modules = next(root.glob("usr/lib/*/asterisk/modules"))
        files = {
            "asterisk.conf": _asterisk_conf(self._folder, modules, root / "usr/share/asterisk"),
            "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load = {name}.so\n" for name in _MODULES),
            "logger.conf": "[general]\n[logfiles]\nmessages => notice,warning,error\n",
            "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 2000}\nicesupport=no\n",
            "extensions.conf": _DIALPLAN,
            "pjsip.conf": _pjsip_conf(self.port, self._accounts),
        }
        for name, text in files.items():
            (self._folder / name).write_text(text, encoding="utf-8")


def _asterisk_conf(folder: Path, modules: Path, share: Path) -> str:
    own = {"astetcdir": folder, "astmoddir": modules, "astdatadir": share, "astsbindir": folder}
    own |= dict.fromkeys(("astvarlibdir", "astdbdir", "astkeydir", "astagidir"), folder / "lib")
    own |= {"astspooldir": folder / "spool", "astrundir": folder / "run", "astlogdir": folder / "log"}
    lines = "".join(f"{name} = {path}\n" for name, path in own.items())
    return f"[directories]\n{lines}[options]\nsystemname = scratch\n"


def _pjsip_conf(port: int, accounts: Sequence[DeskAccount]) -> str:
    common = (
        "disallow=all\nallow=alaw,ulaw\ndtmf_mode=auto\ndirect_media=no\nrtp_symmetric=yes\n"
        "media_address=127.0.0.1\nbind_rtp_to_media_address=yes\n"
    )
    desks = "".join(
        f"[{each.sip_username}]\ntype=endpoint\ncontext=from-desk\nforce_rport=yes\nrewrite_contact=yes\n{common}"
        f"auth={each.sip_username}\naors={each.sip_username}\n"
        f"[{each.sip_username}]\ntype=auth\nauth_type=digest\nusername={each.sip_username}\n"
        f"password={each.sip_secret}\n"
        f"[{each.sip_username}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\nminimum_expiration=30\n"
        for each in accounts
    )
    return (
        "[global]\ntype=global\nendpoint_identifier_order=ip,username\n"
        f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{port}\n"
        f"[trunk]\ntype=endpoint\ncontext=from-trunk\n{common}"
        "[trunk]\ntype=identify\nendpoint=trunk\nmatch=127.0.0.2\n" + desks
    )
