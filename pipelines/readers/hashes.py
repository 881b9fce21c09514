"""A count for each of very many texts, in a few bytes each."""

from __future__ import annotations

from array import array

_LEAST = 1 << 10  # slots; always a power of two


class HashCounts:
    """A number for each text met, kept by the text's hash alone: some 24 bytes each, where a dictionary takes 200.

    Python's own hash has 64 bits and is keyed anew in every process, so that no export can be made for two to be alike.
    """

    def __init__(self) -> None:
        self._used = 0
        self._make(_LEAST)

    def _make(self, slots: int) -> None:
        self._mask = slots - 1
        self._keys = array("q", bytes(8 * slots))
        self._numbers = array("I", bytes(4 * slots))  # 0: the slot is free

    def get(self, value: object) -> int:
        """The value's number, 0 where it has none."""
        return self._numbers[self._slot(hash(value))]

    def set(self, value: object, number: int) -> None:
        """Give a value its number, from 1 on."""
        key = hash(value)
        self._put(self._slot(key), key, number)

    def count(self, value: object) -> int:
        """1 for a value not met before, 2 for its second time and so on."""
        key = hash(value)
        slot = self._slot(key)
        number = self._numbers[slot] + 1
        self._put(slot, key, number)
        return number

    def _put(self, slot: int, key: int, number: int) -> None:
        if not self._numbers[slot]:
            self._used += 1
            self._keys[slot] = key
        self._numbers[slot] = number
        if self._used * 3 > self._mask * 2:
            self._grow()

    def _slot(self, key: int) -> int:
        """Where the key stands, or the free slot where it belongs."""
        keys, numbers, mask = self._keys, self._numbers, self._mask
        slot = key & mask
        while numbers[slot] and keys[slot] != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        keys, numbers = self._keys, self._numbers
        self._make(2 * (self._mask + 1))
        for key, number in zip(keys, numbers, strict=True):
            if number:
                slot = self._slot(key)
                self._keys[slot], self._numbers[slot] = key, number
