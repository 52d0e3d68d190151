"""The official SARIF schema, for whoever writes a log."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMA = Path(__file__).parents[2] / "schemas" / "sarif" / "sarif-schema-2.1.0.json"


@cache
def validator() -> Any:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")), validate_formats=True)


def valid(text: str) -> dict[str, Any]:
    """The log; it fails where the schema does."""
    log: dict[str, Any] = json.loads(text)
    validator().validate(log)
    return log
