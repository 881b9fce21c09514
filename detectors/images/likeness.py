"""Pictures that are copies of each other, whatever their size, format and compression."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import imagehash
from PIL import Image

MAX_BITS = 6  # of 64: recompressed, resized and grey copies of photographs differ by 0 to 4
_CHUNKS = MAX_BITS + 1  # two hashes that differ in six bits are equal in one of seven pieces


def likeness(image: Image.Image) -> int:
    """The perceptual hash (DCT, 64 bits) of a picture."""
    bits = imagehash.phash(image.convert("L")).hash.flatten()
    return int("".join("1" if b else "0" for b in bits), 2)


class Groups:
    """Joins pictures whose hashes are near: union-find over those that share a piece of their hash."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._hashes: dict[str, int] = {}
        self._buckets: dict[tuple[int, int], list[str]] = defaultdict(list)

    def add(self, name: str, hash_: int) -> None:
        """Add a picture by a name of its own. A plain picture has a hash of next to no bits, and is a copy of nothing."""
        if name in self._parent:
            return
        self._parent[name] = name
        if hash_.bit_count() < 4:
            return
        self._hashes[name] = hash_
        for bucket in _pieces(hash_):
            for other in self._buckets[bucket]:
                if (self._hashes[other] ^ hash_).bit_count() <= MAX_BITS:
                    self._join(name, other)
            self._buckets[bucket].append(name)

    def group(self, name: str) -> str:
        """The name that stands for a picture's group: the least of its members', so that their order does not matter."""
        root = name
        while self._parent[root] != root:
            root = self._parent[root]
        self._parent[name] = root
        return root

    def __iter__(self) -> Iterator[str]:
        return iter(self._parent)

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self.group(one), self.group(other)))
        self._parent[second] = first


def _pieces(hash_: int) -> list[tuple[int, int]]:
    width = -(-64 // _CHUNKS)
    return [(n, hash_ >> (n * width) & ((1 << width) - 1)) for n in range(_CHUNKS)]
