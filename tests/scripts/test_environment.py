"""The set-up: flags that fit the machine, plainer ones after a crash, one line for what people must mend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import environment
import pytest
from environment import cpu, llama_build
from environment.console import SetUpError

HASWELL = frozenset({"sse4_2", "avx", "avx2", "bmi2", "fma", "f16c"})
SAPPHIRE_RAPIDS = HASWELL | {
    *("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw", "avx512vbmi", "avx512_vbmi2"),
    *("avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"),
}

x86_only = pytest.mark.skipif(not cpu.is_x86(), reason="the flags are x86's")


@x86_only
def test_every_option_is_named_so_that_no_default_slips_in() -> None:
    assert set(cpu.options(frozenset())) == set(cpu.X86_OPTIONS)
    assert set(cpu.options(frozenset()).values()) == {"OFF"}


@x86_only
def test_an_option_needs_all_its_features() -> None:
    options = cpu.options(HASWELL | {"avx512f"})
    assert options["GGML_AVX2"] == "ON"
    assert options["GGML_AVX512"] == "OFF"


@x86_only
def test_amx_is_never_asked_for() -> None:
    for flavour in llama_build.flavours(SAPPHIRE_RAPIDS):
        assert not any("AMX" in option for option in flavour.options)
        assert "GGML_NATIVE" not in flavour.options


@x86_only
def test_after_a_crash_plainer_flags_follow() -> None:
    tried = [flavour.options for flavour in llama_build.flavours(SAPPHIRE_RAPIDS)]
    assert tried[0]["GGML_AVX512_VNNI"] == "ON"
    assert tried[1]["GGML_AVX512"] == "OFF"
    assert tried[1]["GGML_AVX2"] == "ON"
    assert set(tried[-1].values()) == {"OFF"}


def test_this_machine_has_the_features_it_says() -> None:
    assert cpu.features() <= set().union(*cpu.X86_OPTIONS.values()) | {"asimddp", "i8mm", "asimdhp", "sve"}
    if sys.platform == "linux" and cpu.is_x86():
        assert all(feature in Path("/proc/cpuinfo").read_text() for feature in cpu.features())


def test_a_cuda_toolkit_without_a_device_is_of_no_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiler = tmp_path / "nvcc"
    compiler.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("ctypes.CDLL", _no_library)
    assert not llama_build.cuda_ready()


def _no_library(name: str) -> None:
    raise OSError(f"{name}: no such library")


@pytest.mark.skipif(sys.platform == "win32", reason="Visual Studio is found in another way")
def test_a_missing_compiler_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SetUpError, match=r"no C\+\+ compiler") as raised:
        llama_build.check_compiler()
    assert "run: " in str(raised.value)


def test_a_build_that_crashes_is_followed_by_a_plainer_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flavours = [llama_build.Flavour("first", {"A": "ON"}), llama_build.Flavour("second", {"A": "OFF"})]
    built: list[str] = []
    verdicts = iter(["it crashed (signal 11)", ""])
    monkeypatch.setattr(environment, "_NOTES", tmp_path / "set-up.json")
    monkeypatch.setattr(environment, "_CACHE", tmp_path)
    monkeypatch.setattr(llama_build, "check_compiler", lambda: None)
    monkeypatch.setattr(llama_build, "flavours", lambda found: iter(flavours))
    monkeypatch.setattr(llama_build, "build", lambda python, flavour, cache: built.append(flavour.name))
    monkeypatch.setattr(environment, "_pip_install_wheel", lambda wheel: None)
    monkeypatch.setattr(environment, "_probe", lambda: next(verdicts))
    environment._install_llama()
    assert built == ["first", "second"]
    assert environment._read_notes()["llama"] == "second"
    assert "crashed (signal 11); trying plainer flags" in capsys.readouterr().err


def test_the_probe_passes_on_the_build_in_use() -> None:
    from localpersona.library import embedded_model

    probe = Path(environment.__file__).with_name("probe.py")
    done = subprocess.run([sys.executable, str(probe), str(embedded_model())], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok")
    assert "AMX_INT8 = 1" not in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell script")
def test_without_a_fitting_python_one_line_says_which_to_install(tmp_path: Path) -> None:
    launcher = Path(environment.__file__).with_name("with-python")
    copy = tmp_path / "scripts" / "environment" / "with-python"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(launcher.read_bytes())
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "uname", "sh"):
        (tools / name).symlink_to(
            next(p for p in (Path("/bin") / name, Path("/usr/bin") / name) if p.exists())
        )
    done = subprocess.run(
        ["/bin/sh", str(copy), "run.py"], env={"PATH": str(tools)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr


def test_pinned_packages_are_pinned_exactly() -> None:
    for file in (Path(environment.__file__).parents[1] / "requirements").glob("*.txt"):
        for line in file.read_text().splitlines():
            assert not line or line.startswith("#") or "==" in line, f"{file.name}: {line}"
