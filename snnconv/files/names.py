"""Names that came from a file system or a file, and need not be text."""

import json
from typing import Any

from pydantic import BaseModel


def plain(name: str) -> str:
    r"""Give a name that is valid Unicode: a byte that is no UTF-8 becomes its escape, such as ``\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_values(value: Any) -> Any:
    """Give JSON values whose texts, keys too, are valid Unicode."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(inner) for inner in value]
    return value


def as_json(model: BaseModel) -> str:
    """Give a model as indented JSON, whatever names it holds."""
    try:
        return model.model_dump_json(indent=2)
    except ValueError:
        # pydantic takes valid Unicode only
        return json.dumps(plain_values(model.model_dump(mode="json")), indent=2, ensure_ascii=False)
