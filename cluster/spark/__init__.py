"""What models find in the pictures of a DataFrame, batch or stream.

    from framegate.spark import findings, schema

    frames = spark.readStream.format("kafka").option("includeHeaders", True)...load()
    found = frames.mapInArrow(findings("/var/lib/framegate/models", "objects"), schema)

The package `framegate` is installed where the executors are, and the models lie there.
"""

from framegate.spark.mapping import Findings, counts, findings, schema

__all__ = ["Findings", "counts", "findings", "schema"]
