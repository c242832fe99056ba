"""IPTC-IIM: datasets, their character set, and damage."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata_files import iim

from workbench import iptc

UTF8 = (1, 90, b"\x1b%G")


@pytest.mark.parametrize(
    ("datasets", "spoken", "caption"),
    [
        ([UTF8, (2, 120, "Żółć".encode())], "utf-8 declared", "Żółć"),
        ([(2, 120, "Żółć".encode())], "utf-8", "Żółć"),
        ([(2, 120, "Café – €".encode("cp1252"))], "cp1252", "Café – €"),
        ([(2, 120, b"plain")], "ascii", "plain"),
        ([UTF8, (2, 120, b"caf\xe9")], "cp1252", "café"),
        ([(1, 90, b"\x1b.A"), (2, 120, b"caf\xe9")], "latin-1 declared", "café"),
        ([(2, 120, b"\x81\xe9")], "cp1252", "\x81é"),
        ([(2, 90, ("x" * 31 + "ü").encode()[:32])], "utf-8", "x" * 31),
    ],
)
def test_the_character_set_is_what_the_bytes_say(datasets, spoken, caption):
    parsed = iptc.parse(iim(*datasets))
    assert iptc.charset(parsed.datasets) == spoken
    assert iptc.shown(parsed.datasets[-1], spoken) == caption


def test_without_text_there_is_no_character_set():
    assert iptc.charset(iptc.parse(iim(UTF8)).datasets) is None


@pytest.mark.parametrize(
    ("dataset", "key", "value"),
    [
        ((2, 55, b"20240501"), "Iptc.Application2.DateCreated", "2024-05-01"),
        ((2, 60, b"123000"), "Iptc.Application2.TimeCreated", "12:30:00"),
        ((2, 60, b"123000-0500"), "Iptc.Application2.TimeCreated", "12:30:00-05:00"),
        ((2, 0, b"\0\4"), "Iptc.Application2.RecordVersion", "4"),
        ((1, 90, b"\x1b%G"), "Iptc.Envelope.CharacterSet", "ESC %G"),
        ((2, 202, b"\xff" * 9), "Iptc.Application2.Preview", "(9 bytes)"),
        ((2, 231, b"log"), "Iptc.Application2.0x00e7", "log"),
        ((7, 10, b"123"), "Iptc.0x0007.0x000a", "(3 bytes)"),
        ((2, 5, b"name \0"), "Iptc.Application2.ObjectName", "name"),
    ],
)
def test_keys_and_values(dataset, key, value):
    only = iptc.parse(iim(dataset)).datasets[0]
    assert (iptc.key(only), iptc.shown(only, "utf-8")) == (key, value)


def test_an_extended_dataset_may_be_long():
    long = b"x" * 40_000
    block = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", len(long)) + long
    assert iptc.parse(block) == ([(2, 120, long)], False)


def test_padding_is_no_damage_but_a_cut_is():
    block = iim((2, 5, b"a"), (2, 25, b"b"))
    assert not iptc.parse(block + b"\0" * 7).damaged
    assert iptc.parse(block[:-1]) == ([(2, 5, b"a")], True)
    assert iptc.parse(b"junk" + block).damaged
    assert len(iptc.parse(b"junk" + block).datasets) == 2


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(block):
    parsed = iptc.parse(block)
    spoken = iptc.charset(parsed.datasets)
    for dataset in parsed.datasets:
        assert iptc.key(dataset).startswith("Iptc.")
        iptc.shown(dataset, spoken)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 255), st.binary(max_size=50)), max_size=8))
def test_datasets_come_back(datasets):
    assert iptc.parse(iim(*datasets)) == (datasets, False)
