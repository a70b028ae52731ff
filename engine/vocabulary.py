"""The reserved tokens: where a document begins and ends, and every token that was never learned.

`<s>` is only ever context; `</s>` and `<unk>` are part of every vocabulary and can be predicted. A
token written `<s>` or `</s>` in a text (only `whitespace` can have one) counts as `<unk>`: no text can
begin or end a document from the inside.
"""

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
RESERVED = frozenset((BEGIN, END))


def document_tokens(tokens: list[str]) -> list[str]:
    """`<s>`, the tokens, `</s>`: what a document is to the model."""
    return [BEGIN, *(UNKNOWN if token in RESERVED else token for token in tokens), END]
