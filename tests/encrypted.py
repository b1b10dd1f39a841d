"""What tests of encrypted databases share: a passphrase in a file, and keys that are derived quickly."""

from __future__ import annotations

from pathlib import Path

import pytest

from localpersona.store.encryption import PASSPHRASE_FILE

PASSPHRASE = "correct horse battery"


@pytest.fixture
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys in 4,000 rounds instead of 256,000; other processes cannot open such databases."""
    derive_quickly(monkeypatch)


@pytest.fixture
def passphrase_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a private file with the passphrase, which the environment names."""
    return name_passphrase_file(tmp_path, monkeypatch)


def derive_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    from localpersona.store import cipher

    few = "PRAGMA cipher_default_kdf_iter = 4000"
    monkeypatch.setattr(cipher, "_SETTINGS", (*cipher._SETTINGS, few))


def name_passphrase_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = folder / "passphrase"
    file.touch(mode=0o600)
    file.write_text(PASSPHRASE)
    monkeypatch.setenv(PASSPHRASE_FILE, str(file))
    return file
