"""What a card tells of a model or of data beside our attributes: `field=text` lines in a fixed order, none too long."""

from collections.abc import Iterable

from livebom.bom.parts import Value

LONGEST = 500
"""Characters kept of one line."""
MOST = 100
"""Lines kept of one card."""

PREFIX = "genai:aibom:modelcard:"
"""What the names of a model card's properties begin with, as OWASP's generator writes them."""
PROPERTIES = {
    "hyperparameter": "hyperparameter",
    "vocab_size": "vocabSize",
    "tokenizer_class": "tokenizerClass",
    "embedding_length": "embeddingLength",
    "block_count": "blockCount",
    "attention_head_count": "attentionHeadCount",
    "attention_head_count_kv": "attentionHeadCountKV",
    "feed_forward_length": "feedForwardLength",
    "rope_dimension_count": "ropeDimensionCount",
    "quantization_version": "quantizationVersion",
    "modelExplainability": "modelCardExplainability",
}
"""Fields of the registry to the names of their properties, without the prefix.

Source: GenAI-Security-Project/aibom-generator, src/models/field_registry.json and service.py, at commit c5a3f2f647b8.
"""

_SAYS_NOTHING = frozenset({"", "noassertion", "not_found", "unknown", "none"})


def lines(told: Iterable[tuple[str, str]]) -> list[str]:
    """Fields and texts as lines: sorted, each once, cut; what says nothing is left out."""
    said = {f"{field}={text.strip()}"[:LONGEST] for field, text in told if text.strip().lower() not in _SAYS_NOTHING}
    return sorted(said)[:MOST]


def fields(card: Value) -> dict[str, list[str]]:
    """The lines of an attribute `card` by their fields."""
    found: dict[str, list[str]] = {}
    for line in card if isinstance(card, list) else ():
        field, equals, text = line.partition("=")
        if equals:
            found.setdefault(field, []).append(text)
    return found
