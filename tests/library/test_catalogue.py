"""The catalogue that ships: each entry is whole, and names one file that cannot change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localpersona.library.addresses import checked, covers, host_of
from localpersona.library.catalogue import Offer, catalogue, offer_named
from localpersona.library.memory import fit, needed_bytes
from localpersona.text import harmless

OFFERS = catalogue()


@pytest.mark.parametrize("offer", OFFERS, ids=[offer.name for offer in OFFERS])
def test_an_entry_says_all_that_has_to_be_known_before_it_is_fetched(offer: Offer) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", offer.name)
    assert re.fullmatch(r"[0-9a-f]{64}", offer.sha256)
    assert checked(offer.url) == offer.url and offer.url.startswith("https://")
    assert re.search(r"/resolve/[0-9a-f]{40}/", offer.url), "a branch could change"
    assert covers(offer.hosts, host_of(offer.url))
    assert offer.licence and offer.licence_url.startswith("https://")
    assert "/blob/" in offer.page
    assert not offer.file_name.startswith("model-"), "the file keeps its name"
    texts = (offer.title, offer.good_for, offer.licence)
    assert all(text == harmless(text) and "\n" not in text for text in texts)
    assert offer.context_length >= 2_048 and offer.kv_bytes_per_token > 0


@pytest.mark.parametrize("offer", OFFERS, ids=[offer.name for offer in OFFERS])
def test_size_and_parameters_of_an_entry_belong_together(offer: Offer) -> None:
    bits = 8 * offer.size_bytes / offer.parameters
    assert (
        {"Q4_K_M": 4.3, "Q8_0": 8.0}[offer.quantisation]
        < bits
        < {"Q4_K_M": 8.2, "Q8_0": 9.0}[offer.quantisation]
    )


def test_entries_differ_and_the_smallest_comes_first() -> None:
    for key in ("name", "title", "sha256", "url", "file_name"):
        assert len({getattr(offer, key) for offer in OFFERS}) == len(OFFERS)
    assert [offer.size_bytes for offer in OFFERS] == sorted(offer.size_bytes for offer in OFFERS)


def test_names_are_found_however_they_are_written() -> None:
    assert offer_named(" QWEN3-4B ") is not None
    assert offer_named("gpt-5") is None


def test_what_fits_is_known_before_anything_is_fetched() -> None:
    offer = OFFERS[-1]
    needed = needed_bytes(offer, 4096)
    assert needed > offer.size_bytes + 4096 * offer.kv_bytes_per_token
    assert [fit(offer, 4096, free) for free in (2 * needed, needed, needed - 1)] == [
        "fits",
        "tight",
        "too large",
    ]


def test_a_file_counts_as_there_only_with_its_full_size(tmp_path: Path) -> None:
    offer = OFFERS[0]
    assert offer.path(tmp_path) is None
    (tmp_path / offer.file_name).write_bytes(b"GGUF")
    assert offer.path(tmp_path) is None
