"""The schemas are those of the models, and what is written keeps them."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest

from snnconv.files import container
from snnconv.reporting.energy.load import builtin_profiles

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"


def _generator():
    spec = importlib.util.spec_from_file_location("generate", SCHEMAS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


def test_there_is_a_schema_for_each_model_and_no_other() -> None:
    assert {p.name for p in SCHEMAS.glob("*.json")} == {f"{name}.schema.json" for name in GENERATOR.MODELS}


@pytest.mark.parametrize("name", GENERATOR.MODELS)
def test_schemas_are_up_to_date(name) -> None:
    """If this fails: python schemas/generate.py, and think about the format's version."""
    assert (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8") == GENERATOR.schema_text(name)


@pytest.mark.parametrize(("name", "kind"), [("v1.snn", "snn"), ("v1.calib", "calib")])
def test_golden_manifests_keep_their_schema(name, kind) -> None:
    content, _ = container.read(ROOT / "tests" / "golden" / name, f"snnconv.{kind}", 1)
    jsonschema.validate(content, json.loads(GENERATOR.schema_text(kind)))


def test_energy_profiles_keep_their_schema() -> None:
    schema = json.loads(GENERATOR.schema_text("energy-profile"))
    for profile in builtin_profiles():
        jsonschema.validate(profile.model_dump(mode="json", exclude_none=False), schema)
