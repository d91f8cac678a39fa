"""Writes the JSON Schemas of every manifest and result that snnconv writes: python schemas/generate.py."""

import json
from pathlib import Path

from pydantic import BaseModel

from snnconv.calibration.file import CalibrationManifest
from snnconv.commands.calibrate import CalibrationSummary
from snnconv.commands.check import CheckSummary
from snnconv.commands.convert import ConversionSummary
from snnconv.commands.diagnose import Diagnosis
from snnconv.ir.manifest import NetworkManifest
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.model import Comparison, Report
from snnconv.runs.observation import Observation
from snnconv.runs.run_record import RunRecord
from snnconv.runs.summary import RunSummary

MODELS: dict[str, type[BaseModel]] = {
    "calib": CalibrationManifest,
    "calibration-summary": CalibrationSummary,
    "check-summary": CheckSummary,
    "comparison": Comparison,
    "conversion-summary": ConversionSummary,
    "diagnosis": Diagnosis,
    "energy-profile": EnergyProfile,
    "observation": Observation,
    "report": Report,
    "run": RunRecord,
    "run-summary": RunSummary,
    "snn": NetworkManifest,
}


def schema_text(name: str) -> str:
    """Give one schema as it stands in its file."""
    schema = MODELS[name].model_json_schema(mode="serialization")
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in MODELS:
        Path(__file__).with_name(f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")
