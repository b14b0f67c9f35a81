"""Make a release of the stand-in: the files that a download of k3s consists of, and its installer.

The executable is one ELF file, as the release's is: a small launcher with the Python code as a zip archive
behind it. Two builds of the same source are equal to the byte, so that checksums tell versions apart and
nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import platform
import py_compile
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

_HERE = Path(__file__).parent
_STANDIN = _HERE / "standin"
_EPOCH = (2025, 9, 23, 0, 0, 0)
_START = "import sys\n\nfrom standin.__main__ import main\n\nsys.exit(main())\n"
_IMAGES = "k3s-airgap-images-amd64.tar.zst"
#: an empty zstd frame: the magic number, a header and one last block of no length
_EMPTY_ZSTD = bytes.fromhex("28b52ffd2000010000")


def build(directory: Path, *, version: str = "v1.33.5+k3s1") -> None:
    """Write the release into a directory."""
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+", version):
        raise ValueError(f"not a k3s release: {version}")
    directory.mkdir(parents=True, exist_ok=True)
    binary = directory / "k3s"
    binary.write_bytes(_launcher(version) + _archive(version))
    binary.chmod(0o755)
    (directory / _IMAGES).write_bytes(_EMPTY_ZSTD)
    (directory / "VERSION").write_text(f"{version}\n")
    installer = directory / "install.sh"
    shutil.copyfile(_HERE / "install.sh", installer)
    installer.chmod(0o755)
    lines = [f"{_sha256(directory / name)}  {name}\n" for name in (_IMAGES, "k3s")]
    (directory / "sha256sum-amd64.txt").write_text("".join(lines))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _launcher(version: str) -> bytes:
    if platform.machine() not in ("x86_64", "amd64"):
        raise RuntimeError("the lab's Pis are amd64 machines, and so must this one be")
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("a C compiler is needed for k3s's launcher (apt-get install gcc libc6-dev)")
    with tempfile.TemporaryDirectory(prefix="k3s-build-") as directory:
        target = Path(directory, "k3s")
        command = [compiler, "-Os", "-s", f'-DRELEASE="{version}"', "-Wl,--build-id=none", "-o", str(target)]
        command.append(str(_HERE / "launcher.c"))
        # without the static C library a dynamic launcher does as well: the Pis run the same Debian
        for extra in (["-static"], []):
            done = subprocess.run([*command, *extra], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return target.read_bytes()
    raise RuntimeError(f"cannot compile k3s's launcher: {done.stderr}")


def _archive(version: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "__main__.py", _START)
        for path in sorted(_STANDIN.glob("*.py")):
            source = path.read_text()
            if path.name == "version.py":
                source = _stamp(source, version)
            _add(archive, f"standin/{path.name}", source)
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, name: str, source: str) -> None:
    """Source and byte code: a Python that is not of this version falls back to the source."""
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), source, zipfile.ZIP_DEFLATED)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    with tempfile.TemporaryDirectory(prefix="k3s-build-") as directory:
        plain, compiled = Path(directory, "module.py"), Path(directory, "module.pyc")
        plain.write_text(source)
        py_compile.compile(str(plain), str(compiled), dfile=name, doraise=True, invalidation_mode=mode)
        archive.writestr(zipfile.ZipInfo(f"{name}c", _EPOCH), compiled.read_bytes(), zipfile.ZIP_DEFLATED)


def _stamp(source: str, version: str) -> str:
    commit = hashlib.sha256(version.encode()).hexdigest()[:8]
    stamped = re.sub(r"^VERSION = .*$", f'VERSION = "{version}"', source, flags=re.MULTILINE)
    if version == "v1.33.5+k3s1":
        return stamped
    return re.sub(r"^COMMIT = .*$", f'COMMIT = "{commit}"', stamped, flags=re.MULTILINE)


def main() -> None:
    """Command line: `python -m tests.lab.k3s.build DIR [--version V]`."""
    parser = argparse.ArgumentParser(description="build a release of the k3s stand-in")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--version", default="v1.33.5+k3s1")
    arguments = parser.parse_args()
    build(arguments.directory, version=arguments.version)


if __name__ == "__main__":
    main()
