"""What the small files beside the weights say of a model: config.json, adapter_config.json, and its headers."""

import re
from typing import Any, Literal

from msgspec import Struct

from probes.local.weights.scan import Scan
from probes.local.weights.shapes import WeightsFile
from probes.local.weights.tree import Tree

_TEXT = 512
_CODE = 64
_PAGE = 64 << 10
"""Bytes of a model card that are read."""
_LINES, _MANY = 1000, 16
_PAIR = re.compile(r"([a-z_]{1,64}):(.*)")
_ITEM = re.compile(r"\s*-\s+(.*)")


class Card(Struct, frozen=True, kw_only=True):
    """As the fields of a cached model of the same names."""

    kind: Literal["model", "adapter"] = "model"
    base: tuple[str, ...] = ()
    architecture: str = ""
    quantization: str = ""
    license: str = ""
    custom_code: tuple[str, ...] = ()


def card(scan: Scan, tree: Tree, folder: str, names: list[str], files: list[WeightsFile], own: str = "") -> Card:
    """What is told in a folder of those file names; `own` is the model's own name, which is no base of itself."""
    there = set(names)
    config = scan.object(tree, f"{folder}/config.json") if "config.json" in there else {}
    adapter = scan.object(tree, f"{folder}/adapter_config.json") if "adapter_config.json" in there else {}
    page = _front(scan.text(tree, f"{folder}/README.md", _PAGE)) if "README.md" in there else {}
    code = [name for name in names if name.endswith(".py")][:_CODE]
    headers = [one.header for one in files if one.header]
    bases = [_text(adapter, "base_model_name_or_path"), _text(config, "_name_or_path")]
    bases += [base for header in headers for base in header.base]
    bases += page.get("base_model", ())
    first = headers[0] if headers else None
    return Card(
        kind="adapter" if adapter or (headers and all(one.kind == "adapter" for one in headers)) else "model",
        base=tuple(dict.fromkeys(base for base in bases if base and base.lower() != own.lower())),
        architecture=_architecture(config) or (first.architecture if first else ""),
        quantization=_quantization(config) or (first.quantization if first else ""),
        license=(first.license if first else "") or next(iter(page.get("license", ())), ""),
        custom_code=(*code, *(("auto_map",) if config.get("auto_map") else ())),
    )


def _front(page: bytes) -> dict[str, list[str]]:
    """The texts and lists of texts at the head of a model card, between two lines of `---`; what else there is, not.

    `base_model` and `license` are keys of the Hub's model cards (huggingface_hub, ModelCardData).
    """
    lines = page.decode("utf-8", "replace").splitlines()
    found: dict[str, list[str]] = {}
    key = ""
    for line in lines[1:_LINES] if lines[:1] == ["---"] else ():
        if line.rstrip() == "---":
            return found
        if match := _PAIR.fullmatch(line):
            key = match[1]
            found[key] = [text] if (text := _plain(match[2])) else []
        elif key and (match := _ITEM.fullmatch(line)) and len(found[key]) < _MANY:
            found[key].append(_plain(match[1]))
    return {}


def _plain(text: str) -> str:
    """Without quotes and comment; nothing for what is no plain text."""
    text = text.partition(" #")[0].strip()
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        text = text[1:-1]
    return "" if text[:1] in ("[", "{", "|", ">", "&", "*", "!") else text[:_TEXT]


def _architecture(config: dict[str, Any]) -> str:
    named = config.get("architectures")
    if isinstance(named, list) and named and isinstance(named[0], str):
        return named[0][:_TEXT]
    return _text(config, "model_type")


def _quantization(config: dict[str, Any]) -> str:
    told = config.get("quantization_config")
    return _text(told, "quant_method") if isinstance(told, dict) else ""


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    return value[:_TEXT] if isinstance(value, str) else ""
