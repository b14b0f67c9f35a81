"""What the program's exit status says.  Documented in the README."""

from __future__ import annotations

OK = 0
"""Done, or nothing had to be done; everything that was to be proved holds."""
FAILED = 1
"""A node did not reach its goal, a plan was refused, or a proof does not hold."""
WOULD_CHANGE = 2
"""`plan --check` only: something would be changed."""
USAGE = 64
"""The arguments, a variable or a file given cannot be used; nothing was done (EX_USAGE of sysexits.h)."""
STOPPED = 130
"""Stopped by the operator (128 + SIGINT)."""
