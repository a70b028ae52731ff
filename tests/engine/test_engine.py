"""The façade: corpora in a store, models that follow them, and a memory budget."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine import (
    Condition,
    Corpus,
    Document,
    EmptyCorpus,
    Engine,
    Forgotten,
    InvalidArgument,
    Learned,
    open_store,
    read_corpus,
)
from engine.building import Build, ModelKey
from engine.dials import speaking

CATS, DOGS = Corpus(1, space=9), Corpus(2, space=9)


@pytest.fixture
def engine(tmp_path: Path, corpora: Path) -> Iterator[Engine]:
    engine = Engine(open_store(f"sqlite:///{tmp_path}/store.sqlite3"))
    engine.learn(CATS, read_corpus(corpora / "cats.txt").documents)
    yield engine
    engine.close()


def likeliest(engine: Engine, prompt: str, corpus: Corpus = CATS) -> str:
    return engine.candidates(corpus, prompt).candidates[0].token


def test_candidates_are_ranked_and_tell_what_they_rest_on(engine: Engine) -> None:
    """The likeliest first, with its count, the context that answered and how open the choice is."""
    answer = engine.candidates(CATS, "the cat sat on the", top=3)
    assert [c.token for c in answer.candidates] == ["mat", "word", "log"]
    assert [c.count for c in answer.candidates] == [1, 0, 0]
    assert answer.context == ("cat", "sat", "on", "the")
    assert (answer.order_used, answer.context_count, answer.vocabulary) == (5, 1, 17)
    assert 1 < answer.entropy_bits < 3


def test_temperature_sharpens_and_flattens_candidates(engine: Engine) -> None:
    """Below 1 the likeliest gains, above 1 it loses, at 0 it is alone."""
    shares = [engine.candidates(CATS, "on the", temperature=t).candidates[0].probability for t in (0, 0.5, 1, 2)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1
    assert len(engine.candidates(CATS, "on the", temperature=0).candidates) == 1


def test_models_follow_what_is_learned_edited_and_unlearned(engine: Engine) -> None:
    """A model that is held equals one built anew after every change, in every unit and order."""
    questions = [("words", 5), ("words", 2), ("characters", 8)]
    for unit, order in questions:
        engine.candidates(CATS, "the", unit=unit, order=order)
    changes = [Document(9, "the fox sat on the box"), Document(1, "the cow"), Document(2, "x")]
    assert engine.learn(CATS, changes) == Learned(1, 2, 0)
    assert engine.unlearn(CATS, [2, 77]).documents == 1
    for unit, order in questions:
        held = engine.candidates(CATS, "the", unit=unit, order=order, top=100)
        engine._models.clear()  # the only way to have it built anew
        assert engine.candidates(CATS, "the", unit=unit, order=order, top=100) == held


def test_learning_again_changes_nothing(engine: Engine, corpora: Path) -> None:
    """Documents that are there already are recognised by id and text."""
    assert engine.learn(CATS, read_corpus(corpora / "cats.txt").documents) == Learned(0, 0, 3)


def test_corpora_do_not_see_each_other(engine: Engine) -> None:
    """An empty corpus stays empty, and each answers from its own documents."""
    with pytest.raises(EmptyCorpus):
        engine.candidates(DOGS, "the")
    engine.learn(DOGS, [Document(1, "the dog barks")])
    assert likeliest(engine, "the", DOGS) == "dog"
    assert {c.token for c in engine.candidates(DOGS, "", top=99).candidates} == {"</s>", "<unk>", "the", "dog", "barks"}


def test_an_author_is_forgotten_everywhere(engine: Engine) -> None:
    """Their documents leave store and models."""
    engine.learn(CATS, [Document(50, "zebra zebra", author=4)])
    engine.learn(DOGS, [Document(51, "zebra", author=4), Document(52, "dog", author=5)])
    engine.candidates(CATS, "zebra")
    assert engine.forget_author(4).documents == 2
    assert engine.candidates(CATS, "zebra").unseen == ("zebra",)
    assert engine.size(DOGS).documents == 1


def test_an_erased_corpus_is_empty(engine: Engine) -> None:
    """Documents, choices and models go; a space goes as a whole."""
    engine.choose(CATS, "learning", "on")
    engine.candidates(CATS, "the")
    assert engine.erase(CATS).documents == 3
    assert engine.choice(CATS, "learning") is None
    with pytest.raises(EmptyCorpus):
        engine.generate(CATS)
    engine.learn(CATS, [Document(1, "a")])
    engine.learn(DOGS, [Document(1, "b")])
    assert engine.erase_space(9).documents == 2


def test_a_seed_gives_the_text_again(engine: Engine) -> None:
    """The seed that was drawn is told, and repeats the text; any whole number is a seed."""
    first = engine.generate(CATS)
    assert engine.generate(CATS, seed=first.seed) == first
    for seed in (-5, 2**70):
        assert engine.generate(CATS, seed=seed).text == engine.generate(CATS, seed=seed).text


def test_an_unseen_start_gets_an_answer_that_says_so(engine: Engine) -> None:
    """The text begins with the start all the same."""
    answer = engine.generate(CATS, start="Zebra the", seed=1)
    assert answer.text.startswith("Zebra the ")
    assert (answer.unseen, answer.context) == (("Zebra",), ("the",))
    assert engine.generate(CATS, start="Zebra", seed=1).context == ()


@pytest.mark.parametrize("start", ["an owl", "An eel", "zebras"])
def test_a_start_is_read_the_same_whatever_was_learned_since(engine: Engine, start: str) -> None:
    """Texts under conditions are drawn from merged counts, whose ids are not those that new tokens were given."""
    engine.learn(DOGS, [Document(1, "the dog sat on the rug"), Document(2, "zebras sat on a mat")])
    engine.model(DOGS)  # built now, so that the others are folded in
    engine.learn(DOGS, [Document(i, f"an {what} sat on the mat") for i, what in enumerate(("ape", "eel", "owl"), 3)])
    ask = partial(engine.generate, DOGS, start=start, condition=Condition("mat"), max_copy=0, seed=1)
    answer = ask()
    assert answer.context == tuple(start.lower().split())
    engine.drop_models()
    assert ask() == answer


def test_length_counts_all_tokens(engine: Engine) -> None:
    """The generation's tokens are the text's."""
    answer = engine.generate(CATS, length=12, start="the bird")
    assert len(answer.tokens) == len(answer.text.split()) == 12


@pytest.mark.parametrize("length", [4, 5, 11])
def test_a_text_of_a_length_ends_as_texts_end(engine: Engine, length: int) -> None:
    """Every document ends in a bird or a fish, and nothing else follows or precedes those."""
    texts = ["so a b and c d and b a and d c bird", "so c d and b a fish", "so b a and d c bird", "so d c fish"]
    engine.learn(DOGS, [Document(i, text) for i, text in enumerate(texts)])
    for seed in range(20):
        answer = engine.generate(DOGS, length=length, max_copy=0, originality=0.02, seed=seed)
        assert len(answer.tokens) == length
        assert answer.tokens[-1] in {"bird", "fish"}


def test_a_length_that_only_copies_have_gets_a_text_too(engine: Engine) -> None:
    """Of one document no text of its length can be made that is no copy; then the text goes on as a new one would."""
    engine.learn(DOGS, [Document(1, "one two three four five six seven eight")])
    for seed in range(5):
        answer = engine.generate(DOGS, length=9, seed=seed)
        assert len(answer.tokens) == 9
        assert "one two three four five six" not in answer.text


def test_asking_for_no_candidates_is_refused(engine: Engine) -> None:
    """The sentence says what to ask for."""
    with pytest.raises(InvalidArgument, match="ask for 1 or more"):
        engine.candidates(CATS, "the", top=0)


def test_least_recently_used_models_leave_first(tmp_path: Path) -> None:
    """With room for about two models, the third pushes out the one not used for longest."""
    engine = Engine(open_store(f"sqlite:///{tmp_path}/store.sqlite3"))
    corpora = [Corpus(i) for i in range(3)]
    for corpus in corpora:
        engine.learn(corpus, [Document(1, "a b c d e f g")])
    engine.candidates(corpora[0], "a")  # what answering keeps at hand counts too
    size = engine.model(corpora[0]).nbytes
    engine._models.budget = round(2.5 * size)  # a process holds a tenth more for models than they take
    kept = []
    for i in (0, 1, 0, 2):
        engine.candidates(corpora[i], "a")
        kept.append({key[0].id for key in engine._models})
    assert kept == [{0}, {0, 1}, {0, 1}, {0, 2}]
    engine.close()


def test_a_receipt_counts_documents_and_ngrams(engine: Engine) -> None:
    """N-grams are those of the default model that stand nowhere else: here those of the one new token."""
    engine.learn(DOGS, [Document(1, "a b"), Document(2, "a c")])
    # c; a c; <s> a c; c </s>; a c </s>; <s> a c </s>
    assert engine.unlearn(DOGS, [2, 99]) == Forgotten(1, 6)
    # a, b, </s>; <s> a, a b, b </s>; <s> a b, a b </s>; <s> a b </s>
    assert engine.erase(DOGS) == Forgotten(1, 9)
    assert engine.erase(DOGS) == engine.unlearn(DOGS, [1]) == Forgotten(0, 0)


def test_a_receipt_nobody_reads_is_not_counted(engine: Engine) -> None:
    """Documents are, for that costs nothing."""
    engine.learn(DOGS, [Document(1, "a b", author=5), Document(2, "c d", author=5)])
    assert engine.unlearn(DOGS, [1], receipt=False) == Forgotten(1, 0)
    assert engine.forget_author(5, receipt=False) == Forgotten(1, 0)


def test_an_author_can_see_what_is_stored_of_them(engine: Engine) -> None:
    """How many documents where, and which."""
    engine.learn(DOGS, [Document(51, "zebra", author=4), Document(52, "dog", author=5)])
    assert engine.author_size(4) == {DOGS: 1}
    assert list(engine.author_documents(4, space=9)) == [(DOGS, Document(51, "zebra", 4))]


def test_who_refuses_is_not_learned(engine: Engine) -> None:
    """Neither stored nor in any model; a refusal does not forget what is there, forgetting does."""
    engine.learn(CATS, [Document(50, "zebra", author=4)])
    engine.refuse(4, None)
    assert engine.learn(CATS, [Document(51, "gnu", author=4), Document(52, "emu", author=5)]) == Learned(1, 0, 1)
    assert engine.candidates(CATS, "zebra gnu emu").unseen == ("gnu",)
    assert engine.forget_author(4).documents == 1
    assert engine.candidates(CATS, "zebra gnu emu").unseen == ("zebra", "gnu")
    assert engine.refusals() == {(4, None)}


def test_retention_forgets_in_models_too(engine: Engine) -> None:
    """Only the newest stay."""
    engine.candidates(CATS, "the")
    assert engine.retain(CATS, at_most=1) == Forgotten(2, 0)
    held = engine.candidates(CATS, "the", top=100)
    engine._models.clear()  # the only way to have it built anew
    assert engine.candidates(CATS, "the", top=100) == held


def test_what_another_process_forgets_leaves_our_models(engine: Engine, tmp_path: Path) -> None:
    """At once: by author, by corpus; and what was only chosen elsewhere drops no model."""
    other = Engine(open_store(f"sqlite:///{tmp_path}/store.sqlite3"))
    engine.learn(CATS, [Document(50, "zebra", author=4)])
    assert engine.candidates(CATS, "zebra").unseen == ()
    other.choose(CATS, "learning", "on")
    model = engine.model(CATS)
    other.refuse(4, None)
    assert engine.model(CATS) is model
    other.forget_author(4)
    assert engine.candidates(CATS, "zebra").unseen == ("zebra",)
    other.erase(CATS)
    with pytest.raises(EmptyCorpus):
        engine.candidates(CATS, "the")
    other.close()


def test_forgetting_here_keeps_the_models_we_hold(engine: Engine) -> None:
    """They were folded, so there is nothing to build anew."""
    engine.learn(CATS, [Document(50, "zebra", author=4)])
    model = engine.model(CATS)
    engine.forget_author(4)
    engine.choose(CATS, "learning", "on")
    assert engine.model(CATS) is model


def test_a_model_that_grows_pushes_others_out(tmp_path: Path) -> None:
    """What is learned counts at once: the budget holds between questions too."""
    engine = Engine(open_store(f"sqlite:///{tmp_path}/store.sqlite3"))
    for corpus in (CATS, DOGS):
        engine.learn(corpus, [Document(1, "a b c d e f g")])
        engine.candidates(corpus, "a")
    engine._models.budget = 3 * engine.model(CATS).nbytes
    engine.learn(CATS, [Document(i, f"{i} {i + 1} {i + 2}") for i in range(2, 200)])
    assert {key[0] for key in engine._models} == {CATS}
    engine.close()


@pytest.mark.parametrize(("unit", "order"), [("words", 3), ("characters", 8)])
def test_a_model_built_aside_has_all_that_its_first_text_needs(unit: str, order: int) -> None:
    """What one person only said and what would be a copy is worked out there, so nobody else waits for it."""
    said = [Document(i, f"the cat {i} sat on the mat and the dog {i} on the rug", i % 5) for i in range(200)]
    build = Build(ModelKey(Corpus(1, 1), unit, order, "best"), iter(said))
    build.learn_from(build.read)
    build.prepare()
    origins = build.finish()._known.origins
    before = origins.nbytes
    build.model.generate(np.random.default_rng(1), dials=speaking(unit, order, build.model.tokens))
    assert origins.nbytes == before > 0
