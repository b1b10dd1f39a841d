"""Finding the models that other programs have."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from gguf_maker import MODEL, gguf, write

from localpersona.library import discover, embedded_model, fit, memory, read_header
from localpersona.library.discover import EMBEDDED


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person whose home is empty."""
    for name in (
        "OLLAMA_MODELS",
        "LLAMA_CACHE",
        "HF_HOME",
        "HF_HUB_CACHE",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "user")
    monkeypatch.setattr(sys.modules[discover.__module__], "embedded_model", lambda: None)
    return tmp_path / "user"


def found(*extra: Path) -> list[tuple[str, str]]:
    return [(model.source, model.name) for model in discover(extra)]


def ollama(folder: Path, name: str, tag: str, content: bytes, manifest: object = None) -> None:
    digest = f"{abs(hash(content)):064x}"
    write(folder / "blobs" / f"sha256-{digest}", content)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"},
    ]
    path = folder / "manifests" / "registry.ollama.ai" / "library" / name / tag
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"layers": layers} if manifest is None else manifest))


def test_an_empty_machine_has_no_models() -> None:
    assert found() == []


def test_the_embedded_model_comes_first(monkeypatch: pytest.MonkeyPatch, private_home: Path) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("LOCALPERSONA_HOME", str(private_home))
    if embedded_model() is None:
        pytest.skip("the embedded model is not installed")
    assert discover()[0].source == EMBEDDED


def test_models_are_found_wherever_programs_keep_them(user: Path, private_home: Path) -> None:
    write(private_home / "models" / "own.gguf")
    write(user / ".lmstudio" / "models" / "someone" / "Some-GGUF" / "studio.gguf")
    write(user / ".local" / "share" / "nomic.ai" / "GPT4All" / "four.gguf")
    write(user / ".local" / "share" / "Jan" / "data" / "llamacpp" / "models" / "jan" / "model.gguf")
    write(user / ".cache" / "llama.cpp" / "cpp.gguf")
    write(user / ".cache" / "huggingface" / "hub" / "models--a--b" / "snapshots" / "c0ffee" / "face.gguf")
    write(user / "elsewhere" / "other.gguf")
    ollama(user / ".ollama" / "models", "llama3.2", "3b", gguf() + b"\0")
    assert found(user / "elsewhere") == [
        ("your models folder", "own"),
        ("LM Studio", "studio"),
        ("Jan", "model"),
        ("GPT4All", "four"),
        ("llama.cpp", "cpp"),
        ("Hugging Face", "face"),
        ("chosen folder", "other"),
        ("Ollama", "llama3.2:3b"),
    ]


def test_a_file_is_listed_once_however_many_names_it_has(user: Path, private_home: Path) -> None:
    blob = write(user / ".cache" / "huggingface" / "hub" / "models--a--b" / "blobs" / "abc")
    snapshot = user / ".cache" / "huggingface" / "hub" / "models--a--b" / "snapshots" / "1" / "m.gguf"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(blob)
    (private_home / "models").mkdir(parents=True)
    os.link(blob, private_home / "models" / "mine.gguf")
    assert found() == [("your models folder", "mine")]
    assert found(snapshot) == [("your models folder", "mine")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mmproj-model.gguf", gguf()),
        ("incomplete-model.gguf", gguf()),
        (".hidden.gguf", gguf()),
        ("model.gguf.part", gguf()),
        ("model-00002-of-00003.gguf", gguf()),
        ("model-00001-of-00003.gguf", gguf()),  # the other parts are missing
        ("lora.gguf", gguf(MODEL | {"general.type": "adapter"})),
        ("important.gguf", gguf(MODEL | {"general.type": "imatrix"})),
        ("encoder.gguf", gguf(MODEL | {"general.architecture": "bert"})),
        ("html.gguf", b"<html>"),
        ("cut.gguf", gguf()[:-5]),
    ],
    ids=range(11),
)
def test_what_cannot_chat_is_not_listed(private_home: Path, name: str, content: bytes) -> None:
    write(private_home / "models" / name, content)
    assert found() == []


def test_a_split_model_is_one_model_of_the_size_of_its_parts(private_home: Path) -> None:
    for part in (1, 2, 3):
        write(private_home / "models" / f"big-0000{part}-of-00003.gguf")
    (model,) = discover()
    assert (model.path.name, model.header.size_bytes) == ("big-00001-of-00003.gguf", 3 * len(gguf()))


def test_broken_manifests_hide_no_other_model(user: Path) -> None:
    folder = user / ".ollama" / "models"
    outside = {
        "layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../secret"}]
    }
    for number, manifest in enumerate(
        [[], {}, {"layers": 3}, {"layers": [{}]}, outside, "text", {"layers": []}]
    ):
        ollama(folder, "broken", str(number), gguf(), manifest)
    (folder / "manifests" / "registry.ollama.ai" / "library" / "broken" / "bytes").write_bytes(b"\xff\xfe{")
    ollama(folder, "good", "latest", gguf() + b"\0\0")
    assert found() == [("Ollama", "good:latest")]


def test_names_are_harmless(private_home: Path) -> None:
    write(private_home / "models" / "evil\x1b[31m\nname.gguf")
    assert found() == [("your models folder", "evil␛[31m name")]


def test_folders_that_cannot_be_looked_into_are_passed_over(user: Path, private_home: Path) -> None:
    (user / ".lmstudio").mkdir(parents=True)
    (user / ".lmstudio" / "models").symlink_to(user / ".lmstudio" / "models")  # a link to itself
    write(private_home / "models" / "own.gguf")
    assert found(user / "nowhere") == [("your models folder", "own")]


def test_what_fits_depends_on_size_and_context(tmp_path: Path) -> None:
    header = read_header(write(tmp_path / "tiny.gguf"))
    needed = memory.needed_bytes(header, 2048)
    assert memory.needed_bytes(header, 1024) == needed - 1024 * header.kv_bytes_per_token
    assert memory.needed_bytes(header, 10**9) == needed  # it was trained for no more
    assert fit(header, 2048, available=2 * needed) == "fits"
    assert fit(header, 2048, available=needed) == "tight"
    assert fit(header, 2048, available=needed - 1) == "too large"


def test_free_memory_is_what_the_system_says() -> None:
    assert memory._from_meminfo("MemTotal: 9 kB\nMemAvailable:    1234 kB\n") == 1234 * 1024
    assert memory._from_meminfo("MemTotal: 9 kB\n") is None
    mac = "Statistics: (page size of 16384 bytes)\nPages free: 10.\nPages active: 7.\nPages inactive: 5.\n"
    assert memory._from_vm_stat(mac) == 15 * 16384
    assert memory._from_vm_stat("") is None


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    for name, content in {
        "memory.max": "1000\n",
        "memory.current": "700\n",
        "memory.stat": "anon 1\ninactive_file 200\n",
    }.items():
        (tmp_path / name).write_text(content)
    assert memory._left_in_container(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._left_in_container(tmp_path) is None
    assert memory._left_in_container(tmp_path / "none") is None
