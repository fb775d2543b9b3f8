"""For Ray Data: a column of pictures becomes columns of what was found in them."""

import os
from typing import TYPE_CHECKING, Any

from framegate import Engine

if TYPE_CHECKING:
    import pyarrow as pa


class Findings:
    """A class for `map_batches`; each actor opens an engine of its own.

        dataset.map_batches(
            Findings,
            fn_constructor_args=("/var/lib/framegate/models", "objects"),
            batch_format="pyarrow",
            batch_size=20,
            concurrency=4,
        )

    column -- that the JPEG files are in, of bytes
    prefix -- of the names of the columns that are added: `error`, `reason`, `width`, `height`,
        `task`, `findings` and `record` (framegate.Engine.run_arrow says what they hold)
    options -- more arguments of framegate.Engine
    """

    def __init__(
        self,
        repository: str | os.PathLike[str],
        plan: Any,
        *,
        column: str = "bytes",
        prefix: str = "",
        **options: Any,
    ) -> None:
        self._engine = Engine(repository, plan, **options)
        self._column = column
        self._prefix = prefix

    def __call__(self, batch: "pa.Table") -> "pa.Table":
        """The batch with more columns."""
        if not hasattr(batch, "column_names"):
            raise TypeError("batches must be tables: map_batches(..., batch_format='pyarrow')")
        if self._column not in batch.column_names:
            raise ValueError(f"there is no column {self._column}: say which by column=")
        found = self._engine.run_arrow(batch[self._column])
        for name in found.column_names:
            if self._prefix + name in batch.column_names:
                raise ValueError(f"there is a column {self._prefix + name}: give a prefix=")
            batch = batch.append_column(self._prefix + name, found[name])
        return batch
