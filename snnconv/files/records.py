"""What the records of a run folder are made of."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from snnconv.errors import RunError
from snnconv.files.names import plain_values

Name = Annotated[str, BeforeValidator(plain_values)]
"""A name from a file system, which need not be valid Unicode; pydantic takes and writes nothing else."""

Share = Annotated[float, Field(ge=0, le=1)]

Model = TypeVar("Model", bound=BaseModel)


class Record(BaseModel):
    """A part of a result: it does not change, and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def validated(model: type[Model], content: dict[str, Any], path: Path, remedy: str) -> Model:
    """Give a file's content as the model that it must fit.

    Raises
    ------
    RunError
        If it does not; `remedy` says what to do.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        text = " ".join(f"{where}: {detail['msg']}".split())
        raise RunError(f"{path} is damaged: {text}; {remedy}") from error
