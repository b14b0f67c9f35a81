"""Whom to log in as: what was named for the host comes before ~/.ssh/config, and it before the default."""

from __future__ import annotations

from dataclasses import replace

from sugarkube_tui.engine.ports import Login, SshAdvice, SshSettings, Target


def with_advice(login: Login, advice: SshAdvice) -> Login:
    """The login with its user settled, as OpenSSH would."""
    user = advice.user if login.user_is_default and advice.user else login.user
    return replace(login, user=user, user_is_default=False)


async def advised(target: Target, settings: SshSettings) -> Target:
    """The target with its user settled.

    Raises:
        AccessError: as for `SshSettings.advice`.
    """
    if not target.login.user_is_default:
        return target
    advice = await settings.advice(target.alias or target.host, target.host)
    return replace(target, login=with_advice(target.login, advice))
