"""Actions as POSIX shell, run as root on the node.  No secret is ever in a script."""

from __future__ import annotations

import shlex

from sugarkube_tui.cluster.actions import ControlUnit, InstallK3s, InstallPackages, StepClock, UnitVerb
from sugarkube_tui.steps.start import STARTED_AT

RUNTIME_DIRECTORY = "/run/sugarkube-tui"
_INSTALLING = f"{RUNTIME_DIRECTORY}/k3s-install.began"
PACKAGES_WITHIN_S = 1200.0
INSTALL_WITHIN_S = 900.0
LOCK_WAIT_S = 300
"""Seconds to wait for dpkg's lock: unattended upgrades hold it for minutes after a first boot."""


def write_file(path: str, size: int, mode: int, backup: bool) -> str:
    """Replaces `path` by standard input.

    The new text is complete, of `size` bytes, before it takes the old one's place, so a connection
    that breaks half-way leaves the old file as it was.
    """
    target = shlex.quote(path)
    keep = f'[ ! -f {target} ] || cp -p {target} {target}.bak."$(date +%Y%m%d%H%M%S)"\n' if backup else ""
    return f"""
set -eu
umask 077
directory=$(dirname {target})
[ -d "$directory" ] || {{ umask 022; mkdir -p "$directory"; umask 077; }}
new=$(mktemp "$directory/.sugarkube.XXXXXX")
trap 'rm -f "$new"' EXIT
cat >"$new"
[ "$(wc -c <"$new")" -eq {size} ] || {{ echo 'the text did not arrive whole' >&2; exit 70; }}
# The boot partition is FAT, which knows no such modes.
chmod {mode:04o} "$new" || [ "$(stat -fc %T "$directory")" = msdos ]
{keep}sync "$new"
mv -f "$new" {target}
trap - EXIT
sync -f "$directory"
"""


def finish_upload(part: str, path: str, sha256: str, mode: int) -> str:
    """Puts an uploaded file in its place once its SHA-256 is right; the part is removed in any case."""
    source, target = shlex.quote(part), shlex.quote(path)
    return f"""
set -eu
trap 'rm -f {source}' EXIT
sum=$(sha256sum <{source} | cut -d ' ' -f 1)
[ "$sum" = {sha256} ] || {{ echo "SHA-256 is $sum, expected {sha256}" >&2; exit 71; }}
mkdir -p "$(dirname {target})"
new=$(mktemp "$(dirname {target})/.sugarkube.XXXXXX")
trap 'rm -f {source} "$new"' EXIT
cp {source} "$new"
chown root:root "$new"
chmod {mode:04o} "$new"
sync "$new"
mv -f "$new" {target}
"""


def _detached(name: str, script: str) -> str:
    """Runs a script so that it comes to its end even if our connection does not; its output is followed.

    An apt or an installer that is killed half-way leaves a broken system behind.  A second one waits
    for the first: after a lost connection the step is repeated while the first may still be running.
    """
    log = f"{RUNTIME_DIRECTORY}/{name}.log"
    whole = shlex.quote(f"exec >>{log} 2>&1; rm -f {log}.status; ({script}); echo $? >{log}.status")
    return f"""
set -u
mkdir -p -m 0700 {RUNTIME_DIRECTORY}
exec 9>{log}.lock
flock --timeout {LOCK_WAIT_S} 9 || {{ echo 'the same work of an earlier run does not end' >&2; exit 75; }}
: >{log}
setsid sh -c {whole} </dev/null >/dev/null 2>&1 &
tail -q -n +1 -s 0.2 --pid=$! -f {log} 9>&-
exit "$(cat {log}.status)"
"""


def install_packages(action: InstallPackages) -> str:
    options = f"-o DPkg::Lock::Timeout={LOCK_WAIT_S} -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0"
    names = shlex.join(action.names)
    return _detached(
        "packages",
        f"""
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
said={RUNTIME_DIRECTORY}/packages.said
# apt waits for dpkg's lock by itself, but not for that of the package lists.
patiently() {{
  until=$(($(date +%s) + {LOCK_WAIT_S}))
  while :; do
    "$@" >"$said" 2>&1
    status=$?
    cat "$said"
    [ $status -ne 0 ] && grep -qiE 'could not get lock|is locked by' "$said" || break
    [ "$(date +%s)" -lt $until ] || break
    echo 'another package manager is at work; waiting for it'
    sleep 3
  done
  return $status
}}
patiently dpkg --configure -a
patiently apt-get {options} update || echo 'the lists could not be refreshed; going on with those at hand'
apt-get {options} install --yes --no-install-recommends {names}
""",
    )


def control_unit(action: ControlUnit) -> str:
    unit = shlex.quote(action.unit)
    command = f"systemctl {action.verb} {unit}"
    if action.verb is UnitVerb.RESTART_LATER:
        # The installer leaves the unit disabled, and systemd with the text of the unit before.
        command = f"systemctl daemon-reload && systemctl enable {unit} && {command}"
    if action.verb in (UnitVerb.START, UnitVerb.RESTART_LATER):
        return f"mkdir -p -m 0700 {RUNTIME_DIRECTORY} && date +%s >{STARTED_AT} && {command}"
    return command


def step_clock(action: StepClock) -> str:
    mark = f"mkdir -p -m 0700 {RUNTIME_DIRECTORY}; touch {RUNTIME_DIRECTORY}/clock-corrected"
    if action.service == "chrony":
        # The measurement follows the correction by a poll or two.
        return f"""
{mark}
chronyc -a makestep || exit
for second in 1 2 3 4 5 6 7 8 9 10; do
  offset=$(chronyc -c tracking | cut -d , -f 5)
  echo "offset $offset s"
  awk -v offset="$offset" 'BEGIN {{ exit !(offset < 0.5 && offset > -0.5) }}' && exit 0
  sleep 1
done
echo 'the offset did not come down within 10 s'
"""
    return f"""
{mark}
timedatectl set-ntp true && systemctl restart systemd-timesyncd || exit
for second in $(seq 60); do
  [ "$(timedatectl show -p NTPSynchronized --value)" = yes ] && echo synchronised && exit 0
  sleep 1
done
echo 'not synchronised within 60 s'
"""


def install_k3s(action: InstallK3s) -> str:
    variables = " ".join(f"{key}={shlex.quote(value)}" for key, value in action.environment.items())
    if action.script_path:
        return _detached("k3s-install", f"env {variables} sh {shlex.quote(action.script_path)}")
    # Downloaded first: a pipe would run the first half of an installer whose second half never came.
    script = f"{RUNTIME_DIRECTORY}/get-k3s.sh"
    return _detached(
        "k3s-install",
        f": >{_INSTALLING}; curl -sSfL --retry 3 --connect-timeout 15 --max-time 120 -o {script} https://get.k3s.io"
        f" && env {variables} sh {script}",
    )


def watch_download(url: str, scratch: str = "/tmp/k3s-install.*", since: str = _INSTALLING) -> str:
    """Says each second how many bytes of a download there are, and of how many, where that can be known.

    It ends when the file is gone, or the installer is overdue: nobody may be there to end it.  Smaller
    files that came with it may stay longer.

    Args:
        scratch: directories that the installer may have made; its largest file is the one.
        since: a file that is older than what is looked for.
    """
    return f"""
size=$(curl -sfLI --max-time 15 {shlex.quote(url)} | tr -d '\\r' |
  awk 'tolower($1) == "content-length:" {{ size = $2 }} END {{ print size }}')
most=0
for second in $(seq {INSTALL_WITHIN_S:.0f}); do
  has=$(find {scratch} -type f -newer {since} -printf '%s\\n' 2>/dev/null | sort -n | tail -n 1)
  [ "${{has:-0}}" -ge $most ] || break
  most=${{has:-0}}
  [ -z "$has" ] || echo "$has $size"
  sleep 1
done
"""


REBOOT = "nohup sh -c 'sleep 0.3; systemctl reboot' >/dev/null 2>&1 &"
"""Detached, so that the command itself can still report that it was accepted."""

CLOCK = 'date +%s.%N; printf "%s\\n" "${SSH_CONNECTION:-}"'
"""Run as the login user, because sudo hides the connection; short, because it measures the clock."""
