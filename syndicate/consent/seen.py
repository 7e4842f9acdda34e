"""Which addresses of a table came before: a set of texts in 8 bytes each and some air, where Python's own takes a hundred."""

from __future__ import annotations

from array import array


class Seen:
    """Texts that were seen, by their 64-bit hashes (SipHash, seeded anew in each process), in a table of open addresses.

    Two different texts among a million share a hash once in 37 million tables; the second is then told as seen, once.
    """

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.count = 0
        self._slots = _empty(1 << 12)

    def add(self, text: str) -> bool:
        """Notes the text; False when it was seen before."""
        if not _put(self._slots, hash(text) or 1):
            return False
        self.count += 1
        if self.count * 5 > len(self._slots) * 3:
            before, self._slots = self._slots, _empty(len(self._slots) * 2)
            for code in before:
                if code:
                    _put(self._slots, code)
        return True


def _empty(size: int) -> array[int]:
    """That many slots, a power of two; 0 is an empty one."""
    return array("q", bytes(8 * size))


def _put(slots: array[int], code: int) -> bool:
    last = len(slots) - 1
    at = code & last
    while found := slots[at]:
        if found == code:
            return False
        at = (at + 1) & last
    slots[at] = code
    return True
