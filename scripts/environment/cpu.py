"""What llama.cpp may be compiled for: what this CPU and its operating system really support.

A native build takes the compiler's word for it, and on some virtual machines that word includes AMX, which
then crashes at the first decode. So the flags are named one by one, and AMX is never among them.
"""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from pathlib import Path

# llama.cpp's CMake option: the CPU features that it stands for (Linux's names).
X86_OPTIONS = {
    "GGML_SSE42": {"sse4_2"},
    "GGML_AVX": {"avx"},
    "GGML_AVX2": {"avx2"},
    "GGML_BMI2": {"bmi2"},
    "GGML_FMA": {"fma"},
    "GGML_F16C": {"f16c"},
    "GGML_AVX_VNNI": {"avx_vnni"},
    "GGML_AVX512": {"avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"},
    "GGML_AVX512_VBMI": {"avx512vbmi", "avx512_vbmi2"},
    "GGML_AVX512_VNNI": {"avx512_vnni"},
    "GGML_AVX512_BF16": {"avx512_bf16"},
}
_WINDOWS_FEATURES = {"sse4_2": 38, "avx": 39, "avx2": 40, "avx512f": 41}
_MAC_NAMES = {"sse4.2": "sse4_2", "avx1.0": "avx", "avx512vnni": "avx512_vnni"}


def features() -> frozenset[str]:
    """Return the CPU features that matter here, by Linux's names; empty where they cannot be found out."""
    if sys.platform == "linux":
        found = _linux()
    elif sys.platform == "darwin":
        found = _mac()
    elif sys.platform == "win32":
        found = _windows()
    else:
        found = set()
    wanted = set().union(*X86_OPTIONS.values()) | {"asimddp", "i8mm", "asimdhp", "sve"}
    return frozenset(found & wanted)


def is_x86() -> bool:
    return platform.machine().lower() in {"x86_64", "amd64", "i686", "x86"}


def options(found: frozenset[str]) -> dict[str, str]:
    """Return llama.cpp's CMake options for these features, each one named, so that no default slips in."""
    if is_x86():
        return {option: "ON" if needs <= found else "OFF" for option, needs in X86_OPTIONS.items()}
    if sys.platform == "linux" and "asimddp" in found:
        extensions = (
            "+dotprod" + ("+i8mm" if "i8mm" in found else "") + ("+fp16" if "asimdhp" in found else "")
        )
        return {"GGML_CPU_ARM_ARCH": "armv8.2-a" + extensions}
    return {}


def _linux() -> set[str]:
    # The kernel leaves out what it does not save on a task switch: this is the CPU's and the system's word.
    found: set[str] = set()
    with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("flags", "Features")):
                found = set(line.split(":", 1)[1].split())
                break
    return found


def _mac() -> set[str]:
    names = ["machdep.cpu.features", "machdep.cpu.leaf7_features"]
    said = subprocess.run(["sysctl", "-n", *names], capture_output=True, text=True).stdout.lower().split()
    return {_MAC_NAMES.get(name, name) for name in said}


def _windows() -> set[str]:
    present = ctypes.windll.kernel32.IsProcessorFeaturePresent  # type: ignore[attr-defined]
    found = {name for name, number in _WINDOWS_FEATURES.items() if present(number)}
    # Windows has no number for these three; every CPU with AVX2 has them.
    return found | ({"fma", "f16c", "bmi2"} if "avx2" in found else set())
