"""An n-gram (Markov) language model per corpus, that learns and forgets single documents exactly.

    from engine import LanguageModel
    model = LanguageModel(order=3, unit="words")
    model.learn(["the cat sat on the mat", "the dog sat on the log"])
    model.distribution("the cat sat on the")

It knows nothing of where the documents come from. `Engine` keeps many corpora in a store and their
models within a memory budget; `python -m engine` is the command line.
"""

from engine.answers import Candidate, Candidates, Generation, Learned, rank
from engine.bars import bar
from engine.building import Build, Unbuilt
from engine.conditions import HAIKU, Condition
from engine.corpus import TextCorpus, read_corpus
from engine.dials import Dials
from engine.engine import Engine
from engine.errors import (
    BadCorpus,
    EmptyCorpus,
    EngineError,
    InvalidArgument,
    NewerSchema,
    NotADatabase,
    NotLearned,
    StoreError,
    UnseenContext,
)
from engine.explaining import Step
from engine.model import Distribution, LanguageModel
from engine.opening import open_store
from engine.pieces import Piece
from engine.receipt import Forgotten
from engine.responding import respond
from engine.sources import Span
from engine.statistics import Statistics, statistics
from engine.store import FORGOTTEN_UP_TO, Corpus, Document, Size, Store
from engine.telling import Telling
from engine.tokenizer import UNITS, join, show, tokens
from engine.upkeep import make_key, restore, rotate_keys
from engine.voices import ENOUGH as ENOUGH_AUTHORS
from engine.words import word_starts
from engine.xray import Kind, cut_bar, kind, kinds, marks

__all__ = [
    "ENOUGH_AUTHORS",
    "FORGOTTEN_UP_TO",
    "HAIKU",
    "UNITS",
    "BadCorpus",
    "Build",
    "Candidate",
    "Candidates",
    "Condition",
    "Corpus",
    "Dials",
    "Distribution",
    "Document",
    "EmptyCorpus",
    "Engine",
    "EngineError",
    "Forgotten",
    "Generation",
    "InvalidArgument",
    "Kind",
    "LanguageModel",
    "Learned",
    "NewerSchema",
    "NotADatabase",
    "NotLearned",
    "Piece",
    "Size",
    "Span",
    "Statistics",
    "Step",
    "Store",
    "StoreError",
    "Telling",
    "TextCorpus",
    "Unbuilt",
    "UnseenContext",
    "bar",
    "cut_bar",
    "join",
    "kind",
    "kinds",
    "make_key",
    "marks",
    "open_store",
    "rank",
    "read_corpus",
    "respond",
    "restore",
    "rotate_keys",
    "show",
    "statistics",
    "tokens",
    "word_starts",
]
