"""How things are said: a glyph and a word for every state, times, and text that is never markup.

`Content` does not parse square brackets, so what comes from the LAN goes through it unharmed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum

from textual.content import Content

from sugarkube_tui.cluster.choices import Role
from sugarkube_tui.cluster.errors import Trouble
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.outcome import Evidence, Result

MUTED = "$muted"
"""The colour of what is not looked at first."""


class Mood(Enum):
    """A state's glyph and the theme colour that goes with it."""

    GOOD = ("✔", "$text-success")
    BUSY = ("▶", "$text-primary")
    WAIT = ("◷", "$text-accent")
    WARN = ("▲", "$text-warning")
    BAD = ("✖", "$text-error")
    IDLE = ("·", MUTED)
    OPEN = ("?", "$text-warning")

    @property
    def glyph(self) -> str:
        return self.value[0]

    @property
    def colour(self) -> str:
        return self.value[1]


SETTLED_BY = {
    Trouble.NO_DOWNLOAD: "or bring a k3s release along: save the plan in Review, name its directory there as "
    'airgap = "DIR", and begin with that plan',
}
"""How a trouble that is no question of the wizard is settled with it."""

MOOD_OF_RESULT = {
    Result.OK: Mood.GOOD,
    Result.CHANGED: Mood.GOOD,
    Result.SKIPPED: Mood.WARN,
    Result.WARNED: Mood.WARN,
    Result.FAILED: Mood.BAD,
    Result.STOPPED: Mood.WARN,
}


def state(mood: Mood, word: str) -> Content:
    """`✔ ready`, in the state's colour."""
    return Content.assemble((f"{mood.glyph} {clean_line(word)}", mood.colour))


def plain(text: str) -> Content:
    """Text of any origin, on one line."""
    return Content(clean_line(text))


def role_sign(role: Role) -> Content:
    """`◆ ` for the first server, `■ ` for a server, `□ ` for an agent."""
    sign = "◆ " if role is Role.FIRST_SERVER else "■ " if role.is_server else "□ "
    return Content.assemble((sign, "$text-accent" if role.is_server else "$text-primary"))


def muted(text: str) -> Content:
    return Content.assemble((clean_line(text), MUTED))


def strong(text: str) -> Content:
    return Content.assemble((clean_line(text), "bold"))


def lines(parts: Iterable[Content | str]) -> Content:
    """Parts below one another."""
    return Content("\n").join([part if isinstance(part, Content) else plain(part) for part in parts])


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def short(host: str) -> str:
    """A host's name without `.local`."""
    return host.removesuffix(".local")


def ms(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f} ms" if value < 10_000 else f"{value / 1000:.0f} s"


def brief_ms(value: float) -> str:
    """The same in five cells at most."""
    return f"{value:.0f}ms" if value < 1_000 else f"{value / 1000:.1f}s"


def tiny_ms(value: float) -> str:
    """The same in three: `12`, `998`, `2s`."""
    return f"{value:.0f}" if round(value) < 1_000 else f"{value / 1000:.0f}s"


def age(seconds: float) -> str:
    """How old something is, in six cells at most, and so coarsely that it seldom changes."""
    if seconds < 10:
        return "now"
    if seconds < 60:
        return f"{seconds // 10 * 10:.0f} s"
    return f"{seconds // 60:.0f} min" if seconds < 6_000 else f"{seconds // 3600:.0f} h"


def ago(seconds: float) -> str:
    told = age(seconds)
    return told if told == "now" else f"{told} ago"


def model(name: str) -> str:
    """`Pi 5 Model B` for what the firmware calls `Raspberry Pi 5 Model B Rev 1.0`."""
    return name.replace("Raspberry Pi", "Pi").split(" Rev ")[0] or "unknown model"


def pair(name: str, value: str | Content, width: int = 11) -> Content:
    """A name and its value, the values below one another."""
    return Content.assemble(
        (f"{name:<{width}} ", MUTED), value if isinstance(value, Content) else plain(value)
    )


def elapsed(seconds: float) -> str:
    """`04:12`, with hours only where there are any."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"


def roughly(seconds: float) -> str:
    """`40 s`, `3 min`: no more exact than an estimate is."""
    if seconds < 55:
        return f"{max(10, math.ceil(seconds / 10) * 10)} s"
    return f"{max(1, round(seconds / 60))} min"


def bar(share: float, width: int) -> Content:
    """A progress bar that can be read without colour."""
    share = min(1.0, max(0.0, share))
    done = round(share * width)
    return Content.assemble(("━" * done, "$text-primary"), ("─" * (width - done), MUTED), f" {share:4.0%}")


def evidence(found: Evidence) -> list[Content]:
    """A failure: what, why, the command's last lines, what to do next."""
    parts = [Content.assemble((f"✖ {clean_line(found.what)}", "bold $text-error"))]
    parts += [plain(f"  {line}") for line in found.why.splitlines()]
    if found.command:
        status = "" if found.exit_status is None else f"  (exit status {found.exit_status})"
        parts.append(muted(f"  $ {found.command.splitlines()[0]}{status}"))
    parts += [muted(f"  │ {line}") for line in found.lines]
    if found.remedy:
        way = SETTLED_BY.get(found.trouble, "") if found.trouble else ""
        parts.append(remedy(f"{found.remedy}{way and f'; {way}'}"))
    return parts


def remedy(text: str) -> Content:
    return Content.assemble(("  → ", "bold $text-accent"), clean_line(text))
