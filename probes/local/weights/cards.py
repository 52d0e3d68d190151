"""What the small files beside the weights say of a model: config.json, adapter_config.json, and its headers."""

from typing import Any, Literal

from msgspec import Struct

from probes.local.weights.scan import Scan
from probes.local.weights.shapes import WeightsFile
from probes.local.weights.tree import Tree

_TEXT = 512
_CODE = 64


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
    code = [name for name in names if name.endswith(".py")][:_CODE]
    headers = [one.header for one in files if one.header]
    bases = [_text(adapter, "base_model_name_or_path"), _text(config, "_name_or_path")]
    bases += [base for header in headers for base in header.base]
    first = headers[0] if headers else None
    return Card(
        kind="adapter" if adapter or (headers and all(one.kind == "adapter" for one in headers)) else "model",
        base=tuple(dict.fromkeys(base for base in bases if base and base.lower() != own.lower())),
        architecture=_architecture(config) or (first.architecture if first else ""),
        quantization=_quantization(config) or (first.quantization if first else ""),
        license=first.license if first else "",
        custom_code=(*code, *(("auto_map",) if config.get("auto_map") else ())),
    )


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
