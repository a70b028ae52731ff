"""What was said so far, so that what is said next makes up for it.

Each text is new, and all together they still give themselves away: drawn one by one, as with replacement,
they come back to the same rare words and turns more often than people do, who have all the world to speak
of. (Of 4,690 documents drawn like that from 37,000, one in twenty is there twice.) So texts are *herded*
(Welling 2009; Chen, Welling & Smola 2010, "Super-samples from kernel herding"): each of a text's features
weighs as much as more of it was said than so many documents hold on average, and the less a text weighs the
sooner it is said. The features are its tokens, its n-grams of the model's order, and its length. A feature
said too often is avoided, one said too seldom sought, and totals stay near what they are in the corpus;
nothing but the corpus' own counts is compared with, and the first text of all is chosen as if alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.history import History
from engine.overlay import Counts
from engine.vocabulary import BEGIN, END

_WEIGHT = 0.6  # of one occurrence too many, in repetitions of a `Shape`
_LENGTH = 1 / 200  # of a token too many, for each token of a text
_MOST = 10_000  # texts, or as many as there are documents: then it begins anew
_ROOM = 70  # bytes a token or an n-gram that was said takes, measured


class Sayings:
    """How often tokens and n-grams were said; valid until the counts are merged or a document is unlearned.

    What is learned meanwhile is heeded from the next merge on.
    """

    def __init__(self, counts: Counts, history: History) -> None:
        self.counts = counts
        """What the ids are of."""
        self._history = history
        self._forget()

    def _forget(self) -> None:
        self._texts = self._length = 0
        self._tokens: Counter[int] = Counter()
        self._ngrams: Counter[int] = Counter()  # by their hashes

    @property
    def nbytes(self) -> int:
        """About how many bytes this takes."""
        return _ROOM * (len(self._tokens) + len(self._ngrams))

    def add(self, text: Sequence[int]) -> None:
        """Remember a text's ids, `<s>` and `</s>` aside."""
        if self._texts >= min(_MOST, self._history.documents):
            self._forget()
        self._texts += 1
        self._length += len(text)
        self._tokens.update(text)
        self._ngrams.update(ngram for ngram, _ in self._counted(text))

    def excess(self, text: Sequence[int]) -> float:
        """How much of a text was said too often already, less what was said too seldom; 0 before anything was."""
        if not self._texts:
            return 0.0
        history = self._history
        share = self._texts / history.documents
        said, frequency = self._tokens.get, history.frequency
        tokens = sum(said(word, 0) - share * frequency(word) for word in text)
        said = self._ngrams.get
        ngrams = sum(said(ngram, 0) - share * count for ngram, count in self._counted(text))
        length = self._length - share * (len(history) - 2 * history.documents)
        return _WEIGHT * (tokens + ngrams) + _LENGTH * length * len(text)

    def _counted(self, text: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Each n-gram of the highest order in a text, hashed, and how often documents hold it."""
        counts = self.counts
        order, views = counts.order, counts.views
        if order == 1:
            return
        ids = (BEGIN, *text, END)
        entries = [BEGIN]
        for end, word in enumerate(ids[1:], 2):
            entries = counts.extended(entries, word, views)
            if end >= order:
                count = 0
                if len(entries) == order:
                    sums, entry = views[-1][2], entries[-1]
                    count = sums[entry + 1] - sums[entry]
                yield hash(ids[end - order : end]), count
