"""Network libraries are slow to import: they wait until they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module", ["sugarkube_tui.lan.discovery", "sugarkube_tui.lan.api", "sugarkube_tui.kube.client"]
)
def test_importing_an_adapter_imports_no_library(module: str) -> None:
    libraries = {"zeroconf", "ifaddr", "cryptography", "kubernetes", "aiohttp", "yaml"}
    code = f"import sys, {module}; print(*sorted({libraries} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ""
