"""Reading bits of a byte string, most significant first, as in the headers of H.264 and AAC."""


class EndOfBits(Exception):
    """More bits were asked for than there are."""


class BitReader:
    """A position in `data`. The methods are the descriptors of ITU-T H.264, 7.2. Each raises EndOfBits at the end."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._end = data, 0, 8 * len(data)

    @property
    def left(self) -> int:
        return self._end - self._at

    def u(self, bits: int) -> int:
        """Return u(n): the next `bits` bits as an unsigned number."""
        at, end = self._at, self._at + bits
        if end > self._end:
            raise EndOfBits
        self._at = end
        window = int.from_bytes(self._data[at >> 3 : (end + 7) >> 3], "big")
        return window >> (-end & 7) & (1 << bits) - 1

    def flag(self) -> bool:
        return self.u(1) == 1

    def ue(self) -> int:
        """Return ue(v), an Exp-Golomb code (9.1). One with more than 32 leading zeros raises EndOfBits too."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise EndOfBits
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Return se(v), a signed Exp-Golomb code (9.1.1): 0, 1, -1, 2, -2 …"""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
