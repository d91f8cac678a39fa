"""What the records of a run folder are made of."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from snnconv.files.names import plain_values

Name = Annotated[str, BeforeValidator(plain_values)]
"""A name from a file system, which need not be valid Unicode; pydantic takes and writes nothing else."""


class Record(BaseModel):
    """A part of a result: it does not change, and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
