"""Build llama-cpp-python for this machine, so that an interrupted build goes on where it stopped.

The source is unpacked once under .cache/ and compiled in a build directory that stays until the wheel is
there. pip's own wheel cache is never used: it does not know which CPU flags a wheel was built with.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import cpu
from environment.console import Progress, SetUpError, say

VERSION = "0.3.36"
_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")


@dataclass(frozen=True)
class Flavour:
    """One way to compile llama.cpp."""

    name: str
    """For people: "CUDA, AVX2, AVX512"."""
    options: dict[str, str]
    """CMake options."""


def flavours(found: frozenset[str]) -> Iterator[Flavour]:
    """Yield the ways to build, best first; the next is for when one does not compile or crashes."""
    best = cpu.options(found)
    if cuda_ready():
        yield Flavour("CUDA, " + _in_words(best), {"GGML_CUDA": "ON", **best})
    yield Flavour(_in_words(best), best)
    without_avx512 = frozenset(
        feature for feature in found if "avx512" not in feature and "vnni" not in feature
    )
    if without_avx512 != found:
        plainer = cpu.options(without_avx512)
        yield Flavour(_in_words(plainer), plainer)
    plain = cpu.options(frozenset())
    if plain != best:
        yield Flavour("no CPU extensions (slow, but runs anywhere)", plain)


def cuda_ready() -> bool:
    """Return whether a CUDA toolkit and a driver with a device are both here; one alone is of no use."""
    if not shutil.which("nvcc"):
        return False
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return False
    devices = ctypes.c_int(0)
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(devices)) == 0 and devices.value > 0


def check_compiler() -> None:
    """Raise SetUpError with the platform's remedy if there is no C++ compiler."""
    if os.environ.get("CXX") or any(shutil.which(name) for name in ("c++", "g++", "clang++", "cl")):
        return
    if sys.platform == "win32":  # CMake finds Visual Studio by itself, also when cl is not on the path
        installer = (
            Path(os.environ.get("PROGRAMFILES(X86)", "")) / "Microsoft Visual Studio/Installer/vswhere.exe"
        )
        if installer.exists():
            return
        remedy = 'install "Build Tools for Visual Studio" with "Desktop development with C++"'
    elif sys.platform == "darwin":
        remedy = "run: xcode-select --install"
    else:
        remedy = "run: sudo apt install g++   (Fedora: sudo dnf install gcc-c++; Arch: sudo pacman -S gcc)"
    raise SetUpError(
        f"llama.cpp is compiled for your machine, and there is no C++ compiler.\nTo get one, {remedy}"
    )


def build(python: Path, flavour: Flavour, cache: Path) -> Path:
    """Return the wheel of this flavour, built if it is not there. Raises SetUpError with the log's path."""
    source = _source(python, cache)
    key = f"{VERSION}-" + "-".join(f"{name}={value}" for name, value in sorted(flavour.options.items()))
    place = cache / "llama" / f"{abs(hash_of(key)):x}"
    wheels = list(place.glob("*.whl"))
    if wheels:
        return wheels[0]
    place.mkdir(parents=True, exist_ok=True)
    defines = [f"-D{name}={value}" for name, value in flavour.options.items()]
    # The multimodal tools are most of the compile time and nothing here uses them.
    defines += ["-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF", "-DMTMD_BUILD=OFF"]
    arguments = [os.environ.get("CMAKE_ARGS", ""), *defines]
    command = [python, "-m", "pip", "wheel", source, "--no-deps", "--no-cache-dir", "-v"]
    command += ["--wheel-dir", place, f"--config-settings=build-dir={place / 'objects'}"]
    progress = Progress("Building llama.cpp for this machine (a few minutes, once)")
    log = place / "build.log"
    if _run(command, {"CMAKE_ARGS": " ".join(arguments).strip()}, log, progress):
        raise SetUpError(f"llama.cpp did not compile. What the compiler said is at the end of {log}")
    progress.done()
    shutil.rmtree(place / "objects", ignore_errors=True)
    return next(place.glob("*.whl"))


def hash_of(text: str) -> int:
    """Return a short, stable number for a folder's name."""
    import zlib

    return zlib.crc32(text.encode())


def forget_sources(cache: Path) -> None:
    """Free the disk space (a few hundred MB) that only a build needs."""
    shutil.rmtree(cache / "source", ignore_errors=True)


def _source(python: Path, cache: Path) -> Path:
    unpacked = cache / "source" / f"llama_cpp_python-{VERSION}"
    if unpacked.with_suffix(".complete").exists():
        return unpacked
    progress = Progress("Fetching llama.cpp's source (77 MB)")
    folder = cache / "source"
    folder.mkdir(parents=True, exist_ok=True)
    command = [python, "-m", "pip", "download", f"llama-cpp-python=={VERSION}", "--no-deps", "--no-cache-dir"]
    command += ["--no-binary", "llama-cpp-python", "--dest", folder]
    if _run(command, {}, folder / "download.log", progress):
        raise SetUpError(
            "llama.cpp's source could not be fetched. Check the network and run the same command again; "
            f"details: {folder / 'download.log'}"
        )
    archive = next(folder.glob("*.tar.gz"))
    shutil.rmtree(unpacked, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    unpacked.with_suffix(".complete").touch()
    progress.done()
    return unpacked


def _run(command: list[str | Path], extra: dict[str, str], log: Path, progress: Progress) -> int:
    """Run a command with its output in `log`; ninja's "[12/140]" moves the progress."""
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"} | extra
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                out.write(line)
                step = _STEP.match(line)
                progress.update(int(step[1]) / int(step[2]) if step else None)
        except KeyboardInterrupt:
            process.terminate()
            say("\nStopped. Run the same command again and it goes on from here.")
            raise SystemExit(130) from None
    return process.returncode


def _in_words(options: dict[str, str]) -> str:
    on = [name.removeprefix("GGML_") for name, value in options.items() if value == "ON"]
    if any(name.startswith("AVX") for name in on):
        on = [name for name in on if name.startswith("AVX")]
    if sys.platform == "darwin":
        on.append("Metal")
    return ", ".join(on) or options.get("GGML_CPU_ARM_ARCH", "") or "plain"
