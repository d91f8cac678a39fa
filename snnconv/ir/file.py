"""The ``.snn`` file: a ``SpikingNetwork`` written and read."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from snnconv.data import Preprocessing, PreprocessingManifest
from snnconv.errors import FileMissingError, InputError, NetworkError
from snnconv.files import container
from snnconv.ir.check import check
from snnconv.ir.manifest import FORMAT, VERSION, NetworkManifest
from snnconv.ir.network import SpikingNetwork


def save(network: SpikingNetwork, path: Path) -> None:
    """Write a network to a ``.snn`` file. The same network gives the same bytes.

    Raises
    ------
    NetworkError
        If the network breaks a rule of the IR.
    InputError
        If the file cannot be written.
    """
    check(network)
    preprocessing = network.preprocessing
    manifest = manifest_of(network)
    tensors = dict(network.tensors) | ({} if preprocessing is None else preprocessing.tensors())
    container.write(path, manifest.model_dump(mode="json"), tensors)


def manifest_of(network: SpikingNetwork) -> NetworkManifest:
    """Give what a network's file says in JSON."""
    preprocessing = network.preprocessing
    recorded = None
    if preprocessing is not None:
        recorded = PreprocessingManifest.model_validate(preprocessing.to_manifest())
    return NetworkManifest(
        steps=network.steps,
        encoding=network.encoding,
        nodes=network.nodes,
        edges=network.edges,
        preprocessing=recorded,
        classes=network.classes,
        provenance=network.provenance,
    )


def load(path: Path) -> SpikingNetwork:
    """Read a network from a ``.snn`` file and check everything that it says.

    Raises
    ------
    FileMissingError
        If there is no such file.
    NetworkError
        If it is damaged, changed, newer, or breaks a rule of the IR.
    """
    try:
        content, tensors = container.read(path, FORMAT, VERSION)
        manifest = NetworkManifest.model_validate(content)
    except ValidationError as error:
        raise NetworkError(f"{path} breaks the .snn schema: {_first(error)}") from error
    except FileMissingError:
        raise
    except InputError as error:
        raise NetworkError(str(error)) from error
    try:
        preprocessing = None
        if manifest.preprocessing is not None:
            preprocessing = Preprocessing.from_manifest(manifest.preprocessing.model_dump(), tensors)
            tensors = {name: array for name, array in tensors.items() if name not in preprocessing.tensors()}
        return check(
            SpikingNetwork(
                nodes=manifest.nodes,
                edges=manifest.edges,
                tensors=tensors,
                steps=manifest.steps,
                encoding=manifest.encoding,
                preprocessing=preprocessing,
                classes=manifest.classes,
                provenance=manifest.provenance,
            )
        )
    except InputError as error:
        raise NetworkError(f"{path}: {error}") from error


def _first(error: ValidationError) -> str:
    detail: Any = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
