"""What the ``.snn`` file says in JSON, beside its tensors."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from snnconv.data import PreprocessingManifest
from snnconv.ir.nodes import AnyNode, Edge, Encoding

FORMAT: Final = "snnconv.snn"
VERSION: Final = 1

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Provenance(BaseModel):
    """Where a network comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    """Name and version of the program that wrote the network."""
    source_name: str | None = None
    """File name of the ONNX model, without folders."""
    source_sha256: Sha256 | None = None
    calibration_sha256: Sha256 | None = None
    method: str
    """Name of the conversion method, or how the network was made."""
    options: dict[str, Any] = {}
    """The method's options, as they were used."""
    citations: tuple[str, ...] = ()
    """References for the methods really used."""


class NetworkManifest(BaseModel):
    """The manifest of a ``.snn`` file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["snnconv.snn"] = FORMAT
    version: Literal[1] = VERSION
    steps: PositiveInt
    encoding: Encoding
    nodes: tuple[AnyNode, ...]
    edges: tuple[Edge, ...]
    preprocessing: PreprocessingManifest | None = None
    classes: tuple[str, ...] | None = None
    provenance: Provenance
