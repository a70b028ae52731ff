"""Interpolated modified Kneser-Ney straight from the formulas, with dictionaries and no speed."""

from collections import Counter, defaultdict

Ngram = tuple[str, ...]


def adjusted_counts(documents: list[list[str]], order: int) -> list[Counter[Ngram]]:
    """counts[n - 1][n-gram]: occurrences at the top and after <s>, else distinct predecessors."""
    raw: list[Counter[Ngram]] = [Counter() for _ in range(order)]
    before: defaultdict[Ngram, set[str]] = defaultdict(set)
    for document in documents:
        text = ("<s>", *document, "</s>")
        for end in range(2, len(text) + 1):
            for n in range(1, min(order, end) + 1):
                ngram = text[end - n : end]
                raw[n - 1][ngram] += 1
                if end > n:
                    before[ngram].add(text[end - n - 1])
    counts = []
    for n, of_order in enumerate(raw, start=1):
        adjusted = Counter({g: c if g[0] == "<s>" else len(before[g]) for g, c in of_order.items()})
        counts.append(adjusted if n < order else of_order)
    return counts


def discounts(counts: Counter[Ngram], as_lmplz: bool) -> list[float]:
    n = Counter(counts.values())
    if not (n[1] and n[2] and n[3]):
        return [0, 0.5, 1, 1.5]
    y = n[1] / (n[1] + 2 * n[2])
    d = [0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
    if not all(0 < x <= i for i, x in enumerate(d) if i):
        return [0, 0.5, 1, 1.5]
    return d if n[4] or as_lmplz else [*d[:3], 1.5]


class Reference:
    def __init__(self, documents: list[list[str]], order: int, *, as_lmplz: bool = True) -> None:
        self.order = order
        self.counts = adjusted_counts(documents, order)
        self.discounts = [discounts(c, as_lmplz) for c in self.counts]
        words = {w for document in documents for w in document} - {"<unk>"}
        self.tokens = ["</s>", "<unk>", *sorted(words)]

    def terms(self, context: Ngram, token: str) -> list[float]:
        """What orders 0, 1, … add to P(token|context)."""
        known = {"<s>", *self.tokens}
        context = tuple(w if w in known else "<unk>" for w in context)
        context = context[max(0, len(context) - self.order + 1) :]
        weight, terms = 1.0, [0.0] * (self.order + 1)
        for n in range(len(context) + 1, 0, -1):
            u = context[len(context) - n + 1 :]
            followers = {g[-1]: c for g, c in self.counts[n - 1].items() if g[:-1] == u}
            if not followers:
                continue
            d, total = self.discounts[n - 1], sum(followers.values())
            if token in followers:
                c = followers[token]
                terms[n] = weight * (c - d[min(c, 3)]) / total
            weight *= sum(d[min(c, 3)] for c in followers.values()) / total
        terms[0] = weight / len(self.tokens)
        return terms

    def probability(self, context: Ngram, token: str) -> float:
        return sum(self.terms(context, token))
