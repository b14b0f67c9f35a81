"""What the operator can do about the commonest ways in which commands on a node fail (contract §14)."""

from __future__ import annotations

_UNRESOLVED, _UNREACHED = "Could not resolve host", "Failed to connect"
"""What curl says when a node is not on the internet."""
_REMEDIES = (
    (
        "No space left on device",
        "the disk is full: sudo apt-get clean; sudo journalctl --vacuum-size=50M; df -h /",
    ),
    ("Read-only file system", "the file system is read-only: check the card or disk (dmesg), and reboot"),
    (
        "Could not get lock",
        "another package manager runs: wait for it to end (ps aux | grep apt), then run again",
    ),
    (_UNRESOLVED, "the node cannot resolve names on the internet: check its DNS and gateway"),
    (_UNREACHED, "the node cannot reach that address: check its gateway, and firewalls"),
    ("certificate is not yet valid", "the node's clock is wrong: set SUGARKUBE_FIX_TIME=1"),
    ("Exec format error", "the binary is for another processor"),
    (
        "Unable to locate package",
        "the node has no source for it: connect it to the internet once, or install it from a .deb file",
    ),
    (
        "token CA hash does not match",
        "the node has the token of another cluster: unset SUGARKUBE_TOKEN…, or give the right one",
    ),
    ("401 Unauthorized", "the cluster refuses the token: read it again on a server"),
    (
        "failed to find memory cgroup",
        "the memory cgroup is off: look at /proc/cmdline and /boot/firmware/cmdline.txt",
    ),
    (
        "Node password rejected",
        "Kubernetes knows another node of this name: on a server, sudo k3s kubectl delete node NAME",
    ),
    (
        "duplicate node name",
        "etcd knows another member of this name: on a server, sudo k3s kubectl delete node NAME",
    ),
    (
        "configuration value mismatch",
        "the servers' configuration differs: compare /etc/rancher/k3s/config.yaml.d between them",
    ),
    (
        "certificate is valid for",
        "the server's certificate lacks that name: add it to tls-san there, then: sudo systemctl restart k3s",
    ),
    (
        "encrypted with different token",
        "the node holds data of another cluster: sudo /usr/local/bin/k3s-uninstall.sh, then run again",
    ),
    ("no such host", "k3s asks only /etc/hosts and DNS for names, not mDNS: use an address"),
)


def remedy_for(text: str) -> str:
    """What helps against what a command printed; empty where nothing is known."""
    return next((remedy for sign, remedy in _REMEDIES if sign in text), "")


def is_offline(text: str) -> bool:
    """A download failed because the node did not get to its source."""
    return _UNRESOLVED in text or _UNREACHED in text
