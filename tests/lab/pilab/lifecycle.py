"""Bringing labs up and down."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import re
import shlex
import shutil
import subprocess
import textwrap
import time
import uuid
from pathlib import Path

from .image import OFFLINE_REPOSITORY, Image
from .model import CACHE_DIR, PROXY_PORT, THIS_PROGRAM, USER, USER_ID, WEB_NAMES, Lab, Pi, Plan
from .traits import SSH_ADVERT
from .util import PilabError, locked, run, say, write_file
from .web import make_certificates


def plan_lab(arguments: argparse.Namespace, rootfs: Path) -> Plan:
    """Turn the command line into names, addresses and serial numbers."""
    network = ipaddress.ip_network(arguments.subnet)
    if not 1 <= arguments.count <= 99 or network.num_addresses < arguments.count + 12:
        raise PilabError("1 to 99 Pis, and the subnet must have room for them")
    require_watches(arguments.count)
    pis = []
    for index in range(arguments.count):
        name = f"{arguments.prefix}{index}"
        if not re.fullmatch(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?", name):
            raise PilabError(f"{name!r} is not a good host name")
        pis.append(
            Pi(
                name=name,
                index=index,
                address=str(network[10 + index]),
                mac=f"{arguments.oui}:00:{index >> 8:02x}:{index & 255:02x}",
                serial=uuid.uuid4().hex[:16],
                machine_id=uuid.uuid4().hex,
            )
        )
    return Plan(
        rootfs=str(rootfs),
        gateway=str(network[1]),
        prefix_length=network.prefixlen,
        pis=pis,
        model=arguments.model,
        apt=arguments.apt,
        memory_cgroup=arguments.memory_cgroup,
        password_login=arguments.password_login,
        sudo_password=arguments.sudo_password,
        hostname=arguments.hostname,
        advertise=tuple(arguments.advertise),
        firmware_delay=arguments.firmware_delay,
        parallel=arguments.parallel,
        web=str(arguments.web.resolve()) if arguments.web else "",
    )


def require_watches(count: int) -> None:
    """Raise unless the kernel lets root have enough inotify instances; without them Pis hang at boot.

    The Pis of all labs and the host together are one user to the kernel.
    """
    in_use = 0
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):  # gone meanwhile
            if descriptors.stat().st_uid == 0:
                links = [str(link.readlink()) for link in descriptors.iterdir()]
                in_use += links.count("anon_inode:inotify")
    needed = in_use + 8 + 6 * count
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    if limit < needed:
        raise PilabError(
            f"{count} Pis need more inotify instances than the kernel gives ({in_use} of {limit} in use): "
            f"end other labs, or sysctl -w fs.inotify.max_user_instances={max(needed, 512)}"
        )


def prepare_disks(lab: Lab, plan: Plan) -> None:
    """Write what makes each Pi itself to the upper folder of its overlay."""
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "pilab", "-f", lab.key])
    public_key = lab.key.with_suffix(".pub").read_text()
    lower = Path(plan.rootfs)
    authority = ""
    if plan.web:
        make_certificates(lab)
        authority = lab.web_ca.read_text()
    known_hosts, ssh_config = [], []
    for pi in plan.pis:
        disk = lab.disk(pi)
        upper = disk / "upper"
        for folder in (upper, disk / "work", disk / "root", disk / "clock"):
            folder.mkdir(parents=True)
        (disk / "clock/synchronized").touch()
        for path, (text, mode, owner) in identity_files(plan, pi, public_key, authority).items():
            write_file(upper, path, text, mode=mode, owner=owner, like=lower)
        (upper / "home/pi/.ssh").chmod(0o700)
        for kind in ("ed25519", "ecdsa"):
            key = upper / f"etc/ssh/ssh_host_{kind}_key"
            run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"root@{pi.name}", "-f", key])
            host_key = " ".join(key.with_suffix(".pub").read_text().split()[:2])
            known_hosts.append(f"{pi.name},{pi.name}.local,{pi.address} {host_key}\n")
        ssh_config.append(f"Host {pi.name} {pi.name}.local {pi.address}\n  HostName {pi.address}\n")
    lab.known_hosts.write_text("".join(known_hosts))
    ssh_config.append(
        f"Host *\n  User {USER}\n  IdentityFile {lab.key}\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {lab.known_hosts}\n  StrictHostKeyChecking yes\n  ConnectTimeout 5\n"
        "  ServerAliveInterval 5\n  LogLevel ERROR\n"
    )
    lab.ssh_config.write_text("".join(ssh_config))


def identity_files(plan: Plan, pi: Pi, public_key: str, authority: str) -> dict[str, tuple[str, int, int]]:
    """Path -> (text, mode, owner) of the files that differ from Pi to Pi or lab to lab."""
    proxy = f"http://{plan.gateway}:{PROXY_PORT}"
    memory = "on" if plan.memory_cgroup else "off"
    hostname = plan.hostname or pi.name
    files = {
        "/etc/hostname": f"{hostname}\n",
        "/etc/hosts": f"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t{hostname}\n",
        "/etc/machine-id": f"{pi.machine_id}\n",
        "/etc/resolv.conf": f"nameserver {plan.gateway}\n",
        "/etc/pilab/identity": (
            f"MODEL={shlex.quote(plan.model)}\nREVISION={plan.revision}\nSERIAL={pi.serial}\n"
            f"MAC={pi.mac.upper()}\nMEMORY_CGROUP={memory}\n"
        ),
        "/etc/systemd/network/10-eth0.network": (
            f"[Match]\nName=eth0\n\n[Network]\nAddress={pi.address}/{plan.prefix_length}\n"
            f"Gateway={plan.gateway}\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n"
        ),
        "/etc/chrony/chrony.conf": (
            f"server {plan.gateway} iburst minpoll 0 maxpoll 1\ndriftfile /var/lib/chrony/chrony.drift\n"
            "makestep 1 3\nrtcsync\n"
        ),
        "/etc/ssh/sshd_config.d/20-password.conf": (
            f"PasswordAuthentication {'yes' if plan.password_login else 'no'}\n"
        ),
    }
    if plan.apt == "offline":
        files["/etc/apt/sources.list"] = f"deb [trusted=yes] file:{OFFLINE_REPOSITORY} ./\n"
    elif plan.apt == "proxy":
        files["/etc/apt/apt.conf.d/90pilab"] = f'Acquire::http::Proxy "{proxy}";\n'
        direct = ",".join(WEB_NAMES) if plan.web else ""
        files["/etc/environment"] = f"http_proxy={proxy}\nhttps_proxy={proxy}\nno_proxy={direct}\n"
    # With the proxy: the host may sit behind another that signs certificates itself.
    bundle = "etc/ssl/certs/ca-certificates.crt"
    certificates = Path("/" if plan.apt == "proxy" else plan.rootfs) / bundle
    if authority or plan.apt == "proxy":
        trusted = certificates.read_text() if certificates.exists() else ""
        files[f"/{bundle}"] = trusted + authority
    if authority:
        # For update-ca-certificates, and for programs that look in the folder instead of the bundle.
        files["/usr/local/share/ca-certificates/pilab.crt"] = authority
        digest = run(["openssl", "x509", "-noout", "-subject_hash"], stdin=authority).strip()
        files[f"/etc/ssl/certs/{digest}.0"] = authority
    if "ssh" in plan.advertise:
        files["/etc/avahi/services/ssh.service"] = SSH_ADVERT
    if "workstation" in plan.advertise:
        config = (Path(plan.rootfs) / "etc/avahi/avahi-daemon.conf").read_text()
        files["/etc/avahi/avahi-daemon.conf"] = re.sub(
            r"#?publish-workstation=.*", "publish-workstation=yes", config
        )
    result = {path: (text, 0o644, 0) for path, text in files.items()}
    sudo = "ALL" if plan.sudo_password else "NOPASSWD: ALL"
    result["/etc/sudoers.d/010_pi-nopasswd"] = (f"{USER} ALL=(ALL) {sudo}\n", 0o440, 0)
    result[f"/home/{USER}/.ssh/authorized_keys"] = (public_key, 0o600, USER_ID)
    return result


def start(lab: Lab, arguments: argparse.Namespace) -> None:
    """Bring a lab up and wait until every Pi answers on its SSH port."""
    image = Image(arguments.suite, arguments.mirror)
    plan = plan_lab(arguments, image.path)
    if plan.web and not Path(plan.web).is_dir():
        raise PilabError(f"no folder {plan.web}")
    in_use = image.acquire()
    with locked(lab.lock):
        if lab.alive():
            raise PilabError(f"lab {lab.name!r} is running already (pilab down)")
        sweep(lab)
        lab.state.mkdir(parents=True, mode=0o700)
        plan.save(lab.plan)
        began = time.monotonic()
        try:
            prepare_disks(lab, plan)
            prepared = time.monotonic()
            launch_supervisor(lab, in_use, arguments.owner)
            lab.call("wait", timeout=arguments.timeout)
        except BaseException:
            if not arguments.keep_failed:
                tail = lab.log.read_text()[-2000:] if lab.log.exists() else ""
                stop(lab)
                if tail:
                    say("the supervisor's last words:\n" + textwrap.indent(tail, "    "))
            raise
        say(
            f"{len(plan.pis)} up in {time.monotonic() - began:.1f} s "
            f"(of which {prepared - began:.1f} s for keys and disks)"
        )


def launch_supervisor(lab: Lab, image_in_use: int, owner: int) -> None:
    """Start the supervisor in namespaces of its own; return once it takes calls.

    It inherits the descriptor that keeps the image from being removed, and watches its owner, if any.
    """
    # The shell puts itself into the cgroup and leaves its id before anything exists that
    # would have to be cleaned up.  It then becomes `unshare`, whose child is the lab's
    # process 1: a shell that reaps orphans while it waits for the supervisor.
    script = """
        set -e
        mkdir -p "$1/supervisor"
        echo $$ > "$1/supervisor/cgroup.procs"
        echo $$ > "$2"
        shift 2
        exec unshare --mount --propagation slave --net --uts --pid --fork --kill-child --mount-proc \\
            -- sh -c '"$@"; exit $?' pilab-init "$@"
    """
    host_network = os.open("/proc/self/ns/net", os.O_RDONLY)
    inherited = [host_network, image_in_use]
    try:
        supervise = [*THIS_PROGRAM, "--lab", lab.name, "_supervise", str(host_network)]
        if owner:
            try:
                inherited.append(os.pidfd_open(owner))
            except OSError as error:
                raise PilabError(f"owner {owner}: {error.strerror}") from None
            supervise.append(str(inherited[-1]))
        with lab.log.open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", script, "pilab", str(lab.cgroup), str(lab.pid_file), *supervise],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=inherited,
                cwd="/",
                env={**os.environ, "PILAB_STATE": str(lab.root), "PILAB_CACHE": str(CACHE_DIR)},
            )
    finally:
        for descriptor in inherited:
            os.close(descriptor)
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(PilabError):
            lab.call("status")
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise PilabError(f"the supervisor did not start; see {lab.log}")
        time.sleep(0.02)


def stop(lab: Lab) -> None:
    """Kill every process of the lab and remove all that it has left behind."""
    if lab.cgroup.exists():
        (lab.cgroup / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + 30
    while lab.alive():
        if time.monotonic() > deadline:
            raise PilabError(f"processes in {lab.cgroup} survive being killed")
        time.sleep(0.02)
    sweep(lab)


def sweep(lab: Lab) -> None:
    """Remove the empty cgroups and the files of a lab that no longer runs."""
    remove_cgroup(lab.cgroup)
    if lab.state.exists():
        mounts = Path("/proc/self/mounts").read_text()
        if f" {lab.state}/" in mounts:
            raise PilabError(f"something is mounted below {lab.state}; not deleting it")
        shutil.rmtree(lab.state)


def remove_cgroup(cgroup: Path) -> None:
    """Remove a cgroup without processes, and those below it.

    The kernel may need a moment after the last process is gone.
    """
    for folder, _, _ in os.walk(cgroup, topdown=False):
        for attempt in range(100):
            try:
                Path(folder).rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                if attempt == 99:
                    raise
                time.sleep(0.02)
