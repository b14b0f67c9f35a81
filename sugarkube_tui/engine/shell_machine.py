"""A machine over a shell: carries out probes, actions and queries by running POSIX shell text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from sugarkube_tui.cluster.actions import (
    Action,
    ControlUnit,
    InstallK3s,
    InstallPackages,
    Reboot,
    StepClock,
    Upload,
    WaitUntil,
    WriteFile,
)
from sugarkube_tui.cluster.errors import SugarkubeError, Trouble
from sugarkube_tui.cluster.queries import HeardServers, PasswordAccepted, PeerView, Query, WhoIsThere
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine import scripts
from sugarkube_tui.engine.download import progress_in, url_in
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import (
    Answers,
    Clock,
    CommandResult,
    Connector,
    LineSink,
    Machine,
    Progress,
    Shell,
    Target,
)
from sugarkube_tui.engine.remedies import is_offline, remedy_for
from sugarkube_tui.steps.base import ProbeIncomplete, parse_probe, probe_script
from sugarkube_tui.steps.catalog import BY_ID

EVIDENCE_LINES = 8
PROBE_WITHIN_S = 60.0
HOPELESS = 3
"""Exit status of a wait's script that says: this will never hold."""


class ShellMachine:
    """Implements `Machine` over a `Shell`."""

    def __init__(self, shell: Shell, clock: Clock) -> None:
        self._shell = shell
        self._clock = clock

    async def probe(self, steps: Collection[str]) -> Mapping[str, Answers]:
        wanted = [BY_ID[name] for name in steps if BY_ID[name].probe]
        measured = await self._measure() if {"access", "clock"} & set(steps) else {}
        result = await self._run("read the facts", probe_script(wanted), PROBE_WITHIN_S)
        try:
            answers = {
                step: dict(said) for step, said in parse_probe(result.stdout, [s.id for s in wanted]).items()
            }
        except ProbeIncomplete as error:
            raise ActionFailed(
                # What did arrive is left out: files in base64 can hold what no redactor would find.
                _evidence(
                    "the facts could not be read", "probe", replace(result, stdout=""), f"missing: {error}"
                )
            ) from error
        for step, extra in measured.items():
            if step in answers:
                answers[step].update(extra)
        return answers

    async def _measure(self) -> dict[str, dict[str, str]]:
        """Clock offset and our address on the node, seen from the login itself."""
        before = time.time()
        result = await self._run("read the clock", scripts.CLOCK, PROBE_WITHIN_S, root=False)
        after = time.time()
        lines = result.stdout.splitlines()
        connection = lines[1].split() if len(lines) > 1 else []
        access = {"host_key": self._shell.host_key, "address": connection[2] if len(connection) == 4 else ""}
        if self._shell.first_contact:
            access["first_contact"] = "yes"
        clock = {"accuracy_ms": f"{(after - before) * 500:.1f}"}
        with suppress(IndexError, ValueError):  # a `date` without nanoseconds: the offset stays unknown
            clock["workstation_offset_ms"] = f"{(float(lines[0]) - (before + after) / 2) * 1000:.1f}"
        return {"access": access, "clock": clock}

    async def apply(self, action: Action, log: LineSink, progress: Progress) -> None:
        match action:
            case WriteFile():
                await self._write(action)
            case InstallPackages():
                await self._command(
                    action.title, scripts.install_packages(action), scripts.PACKAGES_WITHIN_S, log
                )
            case ControlUnit():
                await self._command(action.title, scripts.control_unit(action), 120.0, log)
            case StepClock():
                await self._command(action.title, scripts.step_clock(action), 120.0, log)
            case InstallK3s():
                await self._install_k3s(action, log, progress)
            case Upload():
                await self._upload(action, progress)
            case Reboot():
                await self._command(action.title, scripts.REBOOT, 20.0, log)
            case WaitUntil():
                await self._wait(action, log, progress)

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        # Reaching out to another host needs no rights; the files of k3s do.
        root = not isinstance(query, PasswordAccepted | PeerView | HeardServers | WhoIsThere)
        data = stdin.reveal().encode() if stdin else b""
        result = await self._run(query.title, query.script, 60.0, root=root, stdin=data)
        if result.exit_status != 0:
            raise ActionFailed(_evidence(f"could not {query.title}", query.script, result))
        return result.stdout

    async def close(self) -> None:
        await self._shell.close()

    async def _write(self, action: WriteFile) -> None:
        if action.content is None:
            raise ActionFailed(Evidence(f"what belongs into {action.path} is not known yet"))
        text = action.content if isinstance(action.content, str) else action.content.reveal()
        data = text.encode()
        script = scripts.write_file(action.path, len(data), action.mode, action.backup)
        result = await self._run(action.title, script, 60.0, stdin=data)
        if result.exit_status != 0:
            raise ActionFailed(
                _evidence(f"{action.path} could not be written", f"write {action.path}", result)
            )

    async def _install_k3s(self, action: InstallK3s, log: LineSink, progress: Progress) -> None:
        watching: list[asyncio.Task[None]] = []

        def read(*lines: str) -> None:
            log(*lines)
            url = next(filter(None, map(url_in, lines)), "")
            if url and not watching:
                watching.append(asyncio.create_task(self._watch_download(url, progress)))

        try:
            await self._command(action.title, scripts.install_k3s(action), scripts.INSTALL_WITHIN_S, read)
        except ActionFailed as error:
            if not action.script_path and is_offline("\n".join(error.evidence.lines)):
                raise ActionFailed(replace(error.evidence, trouble=Trouble.NO_DOWNLOAD)) from error
            raise
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def _watch_download(self, url: str, progress: Progress) -> None:
        """Tell how far the installer's download is; whatever ends that is no failure of the installer."""

        def read(*lines: str) -> None:
            if (told := progress_in(lines[-1])) is not None:
                progress(*told)

        with suppress(OSError, TimeoutError, SugarkubeError):
            await self._shell.run(
                scripts.watch_download(url), root=True, timeout=scripts.INSTALL_WITHIN_S, on_lines=read
            )

    async def _upload(self, action: Upload, progress: Progress) -> None:
        part = f"/var/tmp/.sugarkube-{action.sha256[:16]}.part"
        size = max(action.size, 1)

        def sent(count: int) -> None:
            progress(count / size, f"{count / 1e6:.1f} of {action.size / 1e6:.1f} MB")

        try:
            await self._shell.upload(action.source, part, sent)
        except OSError as error:
            raise ActionFailed(
                Evidence(
                    f"{action.source.name} could not be uploaded",
                    clean_line(str(error)),
                    "check the free space in the node's /var/tmp, and that the file can be read here",
                    command=f"upload {action.source} to {part}",
                )
            ) from error
        script = scripts.finish_upload(part, action.path, action.sha256, action.mode)
        result = await self._run(action.title, script, 300.0)
        if result.exit_status != 0:
            raise ActionFailed(_evidence(f"{action.path} could not be installed", action.title, result))

    async def _command(self, title: str, script: str, timeout: float, log: LineSink) -> None:
        result = await self._run(title, script, timeout, on_lines=log)
        if result.exit_status != 0:
            raise ActionFailed(_evidence(f"{title} failed", title, result))

    async def _run(
        self,
        title: str,
        script: str,
        timeout: float,
        *,
        root: bool = True,
        stdin: bytes = b"",
        on_lines: LineSink | None = None,
    ) -> CommandResult:
        """Run a script that has to end within `timeout` seconds; raises ActionFailed when it does not."""
        try:
            return await self._shell.run(script, root=root, stdin=stdin, timeout=timeout, on_lines=on_lines)
        except TimeoutError as error:
            raise ActionFailed(
                Evidence(
                    f"{title}: not done after {timeout:.0f} s",
                    "the node is very busy, or hangs",
                    "look at its load (ssh in, then: uptime), and run again",
                    title,
                )
            ) from error

    async def _wait(self, action: WaitUntil, log: LineSink, progress: Progress) -> None:
        follower = asyncio.create_task(self._follow(action.unit, log)) if action.unit else None
        try:
            await self._poll(action, log, progress)
        finally:
            if follower is not None:
                follower.cancel()
                await asyncio.gather(follower, return_exceptions=True)

    async def _poll(self, action: WaitUntil, log: LineSink, progress: Progress) -> None:
        started = self._clock.now()
        seen = "nothing yet"
        while (elapsed := self._clock.now() - started) < action.deadline:
            progress(elapsed / action.deadline, seen)
            try:
                result = await self._shell.run(action.script, root=True, timeout=30.0)
            except TimeoutError:
                seen = "the node took more than 30 s to answer"
                continue
            seen = _last_line(result.stdout) or seen
            if result.exit_status == 0:
                log(seen)
                return
            if result.exit_status == HOPELESS:
                raise ActionFailed(
                    Evidence(
                        f"waiting for {action.condition} is hopeless", seen, remedy_for(seen), action.title
                    )
                )
            await self._clock.sleep(action.interval)
        if action.required:
            raise ActionFailed(
                Evidence(
                    f"waited {action.deadline:.0f} s for {action.condition}, in vain",
                    f"seen last: {seen}",
                    remedy_for(seen)
                    or (f"look at: sudo journalctl -u {action.unit} -n 50" if action.unit else "run again"),
                    action.title,
                )
            )
        log(f"waited {action.deadline:.0f} s for {action.condition}; seen last: {seen}")

    async def _follow(self, unit: str, log: LineSink) -> None:
        """Show a unit's journal from now on; whatever ends it is no failure of the wait."""
        try:
            await self._shell.run(
                f"exec journalctl -q -f -n 0 -o cat -u {unit}", root=True, timeout=86_400.0, on_lines=log
            )
        except (OSError, TimeoutError, SugarkubeError):
            log(f"(the journal of {unit} can no longer be followed)")


class ShellMachines:
    """Opens machines over connections."""

    def __init__(self, connector: Connector, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock

    async def open(self, target: Target) -> Machine:
        return ShellMachine(await self._connector.connect(target), self._clock)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return clean_line(lines[-1], 300).strip() if lines else ""


def _evidence(what: str, command: str, result: CommandResult, why: str = "") -> Evidence:
    output = [
        clean_line(line, 400) for line in (result.stdout + "\n" + result.stderr).splitlines() if line.strip()
    ]
    lines = tuple(output[-EVIDENCE_LINES:])
    return Evidence(
        what,
        why or (lines[-1] if lines else f"exit status {result.exit_status}, no output"),
        remedy_for("\n".join(output)),
        command.strip(),
        result.exit_status,
        lines,
    )
