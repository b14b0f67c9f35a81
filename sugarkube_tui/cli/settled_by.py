"""Which options settle what stands in the way; the wizard has keys and fields for the same."""

from __future__ import annotations

from collections.abc import Mapping

from sugarkube_tui.cluster.errors import Trouble
from sugarkube_tui.cluster.plan import Concern

CONCERNS: Mapping[Concern, str] = {
    Concern.EVEN: "--servers, --even-servers",
    Concern.ONE_DATASTORE: "--servers",
    Concern.SEVERAL_CLUSTERS: "--host",
}

TROUBLES: Mapping[Trouble, str] = {
    Trouble.KEY_REFUSED: "--user, --identity",
    Trouble.PASSWORD_WANTED: "--user, --ask-password",
    Trouble.PASSWORD_REFUSED: "--user, --ask-password",
    Trouble.KEY_UNUSABLE: "--identity",
    Trouble.TOO_MANY_KEYS: "--identity",
    Trouble.SUDO_PASSWORD_WANTED: "--ask-sudo-password",
    Trouble.SUDO_PASSWORD_REFUSED: "--ask-sudo-password",
    Trouble.NO_DOWNLOAD: "--airgap brings a k3s release along",
}
