"""Manifests: the checksummed list of what goes to the client, as BagIt (RFC 8493) and ``sha256sum -c`` read it."""

from __future__ import annotations

from collections.abc import Mapping

NAME = "manifest-sha256.txt"


def manifest(files: Mapping[str, str]) -> bytes:
    """Return a manifest: a line a file, its SHA-256 and its path; bytes that are no UTF-8 stand as they are."""
    lines = "".join(f"{digest}  {_escaped(path)}\n" for path, digest in sorted(files.items()))
    return lines.encode("utf-8", "surrogateescape")


def listed(content: bytes) -> dict[str, str]:
    """Return path → SHA-256 of a manifest's lines."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    parts = (line.rstrip("\r").partition(" ") for line in lines if line)
    return {_plain(path.strip()): digest for digest, _, path in parts}


def _escaped(path: str) -> str:
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _plain(path: str) -> str:
    return path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
