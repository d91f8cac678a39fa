"""Names of nodes and tensors, as the file holds them."""

from typing import Annotated

from pydantic import Field

Name = Annotated[str, Field(min_length=1, max_length=512)]
