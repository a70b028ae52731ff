"""What followed one context, with what gates ask of it, kept up to date as its counts change one by one."""


class Followed:
    """The followers of one context and their counts.

    Attributes:
        counts: by token; each count is > 0
        total, types, ones, twos: the sum of the counts, how many there are, how many of them are 1 and 2
        most: the largest count
        memo: what the gates worked out from these; dropped when they change
    """

    __slots__ = ("counts", "memo", "most", "ones", "total", "twos")

    def __init__(self, counts: dict[int, int]) -> None:
        """Take over the counts."""
        self.counts = counts
        each = list(counts.values())
        if len(each) == 1:  # as most contexts are
            self.total = self.most = each[0]
        else:
            self.total, self.most = sum(each), max(each, default=0)
        self.ones, self.twos = each.count(1), each.count(2)
        self.memo: tuple[float, float, float, float] | None = None

    @property
    def types(self) -> int:
        """How many tokens followed."""
        return len(self.counts)

    def add(self, word: int, step: int) -> None:
        """Count a token so many times more."""
        self.put(word, self.counts.get(word, 0) + step)

    def put(self, word: int, count: int) -> None:
        """Set the count of a token."""
        old = self.counts.get(word, 0)
        if count:
            self.counts[word] = count
        else:
            self.counts.pop(word, None)
        self.total += count - old
        self.ones += (count == 1) - (old == 1)
        self.twos += (count == 2) - (old == 2)  # noqa: PLR2004 - two is two
        if count >= self.most:
            self.most = count
        elif old == self.most:
            self.most = max(self.counts.values(), default=0)
        self.memo = None
