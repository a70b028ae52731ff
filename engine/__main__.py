"""The command line: `python -m engine generate | probs | explain | evaluate | bench`.

Plain text in, one message a line; plain text or `--json` out. What cannot be done is said in one
sentence on standard error, with exit status 2.
"""

import argparse
import json
import math
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import numpy as np

from engine.answers import rank, say
from engine.bars import bar
from engine.bench import Bench
from engine.bench_table import table as bench_table
from engine.conditions import HAIKU, Condition
from engine.corpus import read_corpus
from engine.dials import MAX_COPY, MOST_COPIED, speaking, speaking_order
from engine.engine import DEFAULT_SMOOTHING
from engine.errors import EngineError, InvalidArgument
from engine.memory import peak_megabytes
from engine.model import ORDERS, LanguageModel
from engine.printing import drop, finish, out
from engine.smoothing import SMOOTHINGS
from engine.tokenizer import UNITS, show, tokenizer
from engine.xray import as_json, originality, table

_HALF = 120
_LONGEST = 10_000  # tokens that a text can be asked to have


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage, nor the middle of a long value."""

    def error(self, message: str) -> NoReturn:
        message = " ".join(message.split())
        if len(message) > 2 * _HALF:
            message = f"{message[:_HALF]}…{message[-_HALF:]}"
        raise InvalidArgument(f"{message[0].upper()}{message[1:].rstrip('.')}; see {self.prog} --help.")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> object:
        """The value of an option; before Python 3.12.5 that of `--start=--` would be no text but an empty list."""
        if action.option_strings and arg_strings == ["--"]:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)


def _whole_number(low: int, high: int | None = None) -> object:
    expected = f"a whole number from {low} to {high}" if high else f"a whole number of at least {low}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected}") from None
        if number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(f"found {text}, expected {expected}")
        return number

    return read


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number") from None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m engine", description="An n-gram language model of a text, one message a line.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    model = _Parser(add_help=False)
    model.add_argument("--unit", choices=UNITS, default="words", help="what a token is (default: %(default)s)")
    model.add_argument("--order", type=_whole_number(ORDERS[0], ORDERS[-1]), metavar="K",  # type: ignore[arg-type]
                       help="the n of n-gram, 1 to 8: K looks at K-1 tokens (default: 5; words to generate 3; "
                       "characters 8)")  # fmt: skip
    model.add_argument("--smoothing", choices=SMOOTHINGS, default=DEFAULT_SMOOTHING,
                       help="mkn: as KenLM, none: the plain Markov chain (default: %(default)s)")  # fmt: skip

    generate = commands.add_parser("generate", parents=[model], help="new texts, one a line")
    generate.add_argument("--corpus", required=True, metavar="FILE")
    generate.add_argument("--count", type=_whole_number(0), default=1, metavar="N", help="how many texts")  # type: ignore[arg-type]
    generate.add_argument("--length", type=_whole_number(1, _LONGEST), metavar="N",  # type: ignore[arg-type]
                          help="exactly N tokens each")  # fmt: skip
    generate.add_argument("--start", default="", metavar="TEXT", help="what each text begins with")
    generate.add_argument("--ending", default="", metavar="TEXT", help="how each text ends")
    generate.add_argument(
        "--containing", action="append", default=[], metavar="TEXT", help="what each holds; repeatable"
    )
    generate.add_argument("--without", action="append", default=[], metavar="TEXT", help="what none holds; repeatable")
    generate.add_argument("--about", default="", metavar="TEXT", help="what each leans to")
    generate.add_argument("--fill", default="", metavar="TEXT",
                          help="a text with blanks: ___ for a word, ... for one or more tokens")  # fmt: skip
    generate.add_argument("--haiku", action="store_true", help="lines of 5, 7 and 5 syllables (English)")
    generate.add_argument("--temperature", type=_number, default=1.0, metavar="T", help="0 the likeliest, 1 as learned")
    generate.add_argument("--originality", type=_number, metavar="O",
                          help="1 as learned, towards 0 closer to what was said (default: 0.85, half of it at "
                          "10,000 tokens; without a guard 0.9; at order 4 and more 0.75 and 0.98; "
                          "characters 0.4)")  # fmt: skip
    generate.add_argument("--max-copy", type=_whole_number(0, MOST_COPIED), default=MAX_COPY, metavar="N",  # type: ignore[arg-type]
                          help="most words in a row of one message; 0: any number (default: %(default)s)")  # fmt: skip
    generate.add_argument("--seed", type=_whole_number(0), metavar="S", help="the same seed gives the same texts")  # type: ignore[arg-type]
    generate.set_defaults(run=_generate)

    probs = commands.add_parser("probs", parents=[model], help="what comes next after a prompt")
    probs.add_argument("--corpus", required=True, metavar="FILE")
    probs.add_argument("--top", type=_whole_number(1), default=10, metavar="N")  # type: ignore[arg-type]
    probs.add_argument("--json", action="store_true")
    probs.add_argument("prompt", metavar="PROMPT")
    probs.set_defaults(run=_probs)

    explain = commands.add_parser("explain", parents=[model], help="a text, token by token, with what made each likely")
    explain.add_argument("--corpus", required=True, metavar="FILE")
    explain.add_argument("--json", action="store_true")
    explain.add_argument("text", metavar="TEXT")
    explain.set_defaults(run=_explain)

    evaluate = commands.add_parser("evaluate", parents=[model], help="how well one text predicts another")
    evaluate.add_argument("--train", required=True, metavar="FILE")
    evaluate.add_argument("--test", required=True, metavar="FILE")
    evaluate.add_argument("--json", action="store_true")
    evaluate.set_defaults(run=_evaluate)

    bench = commands.add_parser("bench", help="how fast and how small, beside other programs")
    bench.add_argument("--corpus", metavar="FILE", help="a text to measure on (default: ours, repeated and varied)")
    bench.add_argument("--full", action="store_true", help="10 M tokens and 10,000 corpora too: some ten minutes")
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(run=_bench)
    return parser


def _model(arguments: argparse.Namespace) -> LanguageModel:
    order = arguments.order or tokenizer(arguments.unit).default_order
    return LanguageModel(order, arguments.unit, arguments.smoothing)


def _generate(arguments: argparse.Namespace) -> None:
    if arguments.order is None:
        arguments.order = speaking_order(arguments.unit, arguments.smoothing)
    model = _model(arguments)
    model.learn(read_corpus(arguments.corpus).documents)
    dials = speaking(
        arguments.unit,
        model.order,
        model.tokens,
        arguments.originality,
        arguments.max_copy,
        arguments.temperature,
    )
    dials = replace(dials, varied=True)
    rng = np.random.default_rng(secrets.randbits(64) if arguments.seed is None else arguments.seed)
    lines = HAIKU.lines if arguments.haiku else ()
    condition = Condition(arguments.ending, tuple(arguments.containing), tuple(arguments.without), arguments.about,
                          arguments.fill, lines)  # fmt: skip
    prompt = model.read(arguments.start)
    for _ in range(arguments.count):
        text = say(model, rng, prompt, condition, arguments.length, dials).text
        out(text.replace("\n", " / " if lines else " "))


def _probs(arguments: argparse.Namespace) -> None:
    model = _model(arguments)
    model.learn(read_corpus(arguments.corpus).documents)
    ranked = rank(model, arguments.prompt, arguments.top)
    if arguments.json:
        answer = {
            "prompt": list(ranked.prompt),
            "order_used": ranked.order_used,
            "candidates": [
                {"token": c.token, "probability": c.probability, "count": c.count} for c in ranked.candidates
            ],
            "vocabulary": ranked.vocabulary,
            "entropy_bits": ranked.entropy_bits,
        } | ({"withheld": ranked.withheld} if ranked.withheld_tokens else {})
        out(json.dumps(answer, ensure_ascii=False))
        return
    context = f"“{model.tokenizer.decode(ranked.context)}”" if ranked.context else "the beginning of a message"
    if not ranked.context and ranked.prompt:
        why = "order 1 looks at none" if ranked.order == 1 else "the last token was never seen"
        context = f"no context at all ({why})"
    seen = "once" if ranked.context_count == 1 else f"{ranked.context_count:,} times"
    out(f"after {context}, seen {seen}; {ranked.entropy_bits:.2f} bits")
    shown = [show(c.token, model.unit) for c in ranked.candidates]
    widest = max(map(len, shown), default=0)
    for token, c in zip(shown, ranked.candidates, strict=True):
        out(f"{token:>{widest}}  {c.probability:6.1%} {bar(c.probability, 40):<40} {c.count or ''}".rstrip())
    if ranked.withheld_tokens:
        out(f"{ranked.withheld:.1%} is withheld: {ranked.withheld_tokens} tokens that one author only said")


def _explain(arguments: argparse.Namespace) -> None:
    model = _model(arguments)
    model.learn(read_corpus(arguments.corpus).documents)
    steps, spans = model.explain(arguments.text), model.sources(arguments.text)
    if arguments.json:
        out(json.dumps(as_json(steps, spans, arguments.text), ensure_ascii=False))
        return
    out(table(steps, model.unit, model.order))
    out(originality(spans, arguments.text))


def _evaluate(arguments: argparse.Namespace) -> None:
    model = _model(arguments)
    train, test = read_corpus(arguments.train), read_corpus(arguments.test)
    begin = time.perf_counter()
    model.learn(train.documents)
    trained = time.perf_counter()
    surprise = model.surprise(test.documents)
    result = {
        "tokens": surprise.tokens,
        "oov": surprise.unknown,
        "perplexity": 2 ** (surprise.bits / surprise.tokens),
        "bits_per_character": (surprise.bits + surprise.spelling_bits) / test.characters,
        "train_seconds": trained - begin,
        "eval_seconds": time.perf_counter() - trained,
        "peak_rss_mb": peak_megabytes(),
    }
    if arguments.json:
        out(json.dumps({name: None if value == math.inf else value for name, value in result.items()}))
        return
    for name, value in result.items():
        out(f"{name:20} {value:,.3f}" if isinstance(value, float) else f"{name:20} {value:,}")
    if math.isinf(surprise.bits):
        out("inf: the test text holds what was never seen, to which smoothing none gives no chance")


def _bench(arguments: argparse.Namespace) -> None:
    bench = Bench(arguments.corpus, arguments.full)
    rows = list(bench.run(sys.stderr))
    if arguments.json:
        out(json.dumps({"text": bench.text, "rows": [row.as_json() for row in rows]}, ensure_ascii=False))
        return
    out(f"{bench.text}. CPU time, medians of several runs; peers take turns with us.\n")
    out(bench_table(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        parsed = _parser().parse_args(arguments)
        parsed.run(parsed)
        finish()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        drop()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
