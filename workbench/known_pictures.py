"""What is kept in memory of every catalogued image, so that an arriving one is answered for at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from workbench.hash_index import Hashes, HashIndex
from workbench.workspace import Workspace


class KnownPictures:
    """Of each image two digests, a perceptual hash and its size, some 50 bytes in all, following the catalogue.

    Attributes
    ----------
    count : int
        Images known.
    bytes_digests, picture_digests : ndarray of uint64, shape (count,)
        Of the checksum and of the picture's hash, by place.
    sizes : ndarray of int64, shape (count,)
        Bytes of the files.
    hashes : HashIndex
        Perceptual hashes of those that have one that says something.
    hashed : ndarray of int64
        The places of those.
    rows : ndarray of int64, shape (count,)
        Numbers of rows in the catalogue: by them a row is found in a millisecond, by its id in fifty.
    """

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.bytes_digests: Hashes = np.empty(0, np.uint64)
        self.picture_digests: Hashes = np.empty(0, np.uint64)
        self.hashes, self.hashed = HashIndex(), np.empty(0, np.int64)
        self.sizes = np.empty(0, np.int64)
        self.rows = np.empty(0, np.int64)
        self.count, self._last_row = 0, -1

    def follow(self, ws: Workspace) -> None:
        """Take in what was catalogued since; start anew when something was taken out."""
        with ws.reading() as connection:
            [(count, last_row)] = connection.execute(ws.catalog.named("catalogue_rows").sql).fetchall()
            if (count, last_row) == (self.count, self._last_row):
                return
            if last_row < self._last_row:
                self._clear()
            self._read(ws, connection)
            if self.count != count:
                self._clear()
                self._read(ws, connection)

    def _read(self, ws: Workspace, connection: Any) -> None:
        sql = ws.catalog.named("images_to_know").sql
        table = connection.sql(sql, params={"after": self._last_row}).to_arrow_table().combine_chunks()
        if not len(table):
            return
        hashed = np.flatnonzero(table["hashed"].to_numpy(zero_copy_only=False))
        self.hashes.add(table["phash"].to_numpy().astype(np.uint64)[hashed])
        self.hashed = np.append(self.hashed, hashed + self.count)
        self.bytes_digests = np.append(self.bytes_digests, table["bytes_digest"].to_numpy())
        self.picture_digests = np.append(self.picture_digests, table["picture_digest"].to_numpy())
        self.rows = np.append(self.rows, table["place"].to_numpy())
        self.sizes = np.append(self.sizes, table["size"].to_numpy())
        self.count += len(table)
        self._last_row = int(table["place"].to_numpy().max())

    def details(self, ws: Workspace, places: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return what the catalogue says of images, by place; what is gone, or has other bytes now, is absent."""
        row_of = {int(self.rows[place]): place for place in places}
        if not row_of:
            return {}
        with ws.reading() as connection:
            rows = connection.execute(ws.catalog.named("images_met").sql, {"rows": list(row_of)}).fetchall()
        found = {row_of[row]: (digest, tuple(values)) for row, digest, *values in rows}
        return {place: values for place, (digest, values) in found.items() if digest == self.bytes_digests[place]}
