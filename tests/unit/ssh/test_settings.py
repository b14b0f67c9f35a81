"""What the user's ~/.ssh/config says about a host, as the wizard tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sugarkube_tui.cluster.errors import AccessError, Trouble
from sugarkube_tui.engine.ports import SshAdvice
from sugarkube_tui.ssh.settings import UserSettings


async def test_what_the_file_says_about_a_host(home: Path) -> None:
    config = home / ".ssh" / "config"
    config.write_text(
        "Host kitchen\n  HostName 10.1.2.3\n  User anna\n  Port 2222\n  ProxyJump admin@bastion:2200\n"
        "Host attic\n  ProxyCommand nc %h %p\n"
    )
    settings = UserSettings()
    assert await settings.advice("kitchen", "10.1.2.3") == SshAdvice(
        str(config), "10.1.2.3", "anna", 2222, "admin@bastion:2200"
    )
    assert await settings.advice("attic", "10.1.2.4") == SshAdvice(str(config), command=True)
    assert await settings.advice("cellar", "10.1.2.5") == SshAdvice(str(config))


async def test_a_file_that_cannot_be_understood_is_a_trouble_of_the_settings(home: Path) -> None:
    (home / ".ssh" / "config").write_text("Host kitchen\n  Port none\n")
    with pytest.raises(AccessError) as caught:
        await UserSettings().advice("kitchen", "10.1.2.3")
    assert caught.value.trouble is Trouble.SSH_SETTINGS
