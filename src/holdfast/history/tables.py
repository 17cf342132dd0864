"""The tables of the history, for any database that SQLAlchemy speaks to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

__all__ = [
    "METADATA",
    "SCHEMA",
    "about",
    "corpora",
    "measurements",
    "models",
    "parents",
    "releases",
    "run_models",
    "runs",
    "uses",
    "verdicts",
    "waived_gates",
    "waived_results",
    "waivers",
]

SCHEMA = 1
"""Version of the tables; a database of a later one is not touched."""

METADATA = MetaData()
_ID = String(64)
_TIME = String(32)
"""Times are UTC in ISO 8601, so that every database keeps and sorts them alike."""

about = Table("holdfast_about", METADATA, Column("name", String(32), primary_key=True), Column("value", String(64), nullable=False))

models = Table(
    "holdfast_models",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("weights", Text, nullable=False),
    Column("adapter", Text),
    Column("tokenizer", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("first_seen", _TIME, nullable=False),
)

parents = Table(
    "holdfast_parents",
    METADATA,
    Column("parent", _ID, ForeignKey("holdfast_models.id"), primary_key=True),
    Column("child", _ID, ForeignKey("holdfast_models.id"), primary_key=True),
    Column("how", String(32), primary_key=True),
    Column("recorded", _TIME, nullable=False),
)

runs = Table(
    "holdfast_runs",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("stage", String(32), nullable=False),
    Column("folder", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("holdfast", String(32), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("asked", Text, nullable=False),
    Column("recorded", _TIME, nullable=False),
)
Index("holdfast_runs_recorded", runs.c.recorded)

run_models = Table(
    "holdfast_run_models",
    METADATA,
    Column("run", _ID, ForeignKey("holdfast_runs.id"), primary_key=True),
    Column("side", String(32), primary_key=True),
    Column("model", _ID, ForeignKey("holdfast_models.id"), nullable=False),
    Column("reference", Text, nullable=False),
    Column("place", Text, nullable=False),
)
Index("holdfast_run_models_model", run_models.c.model)

measurements = Table(
    "holdfast_measurements",
    METADATA,
    Column("run", _ID, ForeignKey("holdfast_runs.id"), primary_key=True),
    Column("metric", String(64), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("condition", String(128), primary_key=True),
    Column("category", String(128), primary_key=True),
    Column("value", Float(53)),
    Column("n", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
Index("holdfast_measurements_metric", measurements.c.metric, measurements.c.side)

verdicts = Table(
    "holdfast_verdicts",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("run", _ID, ForeignKey("holdfast_runs.id"), nullable=False),
    Column("policy", String(128), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("recorded", _TIME, nullable=False),
    Column("body", Text, nullable=False),
)
Index("holdfast_verdicts_run", verdicts.c.run)

waivers = Table(
    "holdfast_waivers",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("model", _ID, ForeignKey("holdfast_models.id"), nullable=False),
    Column("gate", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created", _TIME, nullable=False),
    Column("expires", String(10), nullable=False),
    Column("revoked", _TIME),
)

waived_gates = Table(
    "holdfast_waived_gates",
    METADATA,
    Column("waiver", _ID, ForeignKey("holdfast_waivers.id"), primary_key=True),
    Column("metric", String(128), nullable=False),
    Column("bar", Text, nullable=False),
)

waived_results = Table(
    "holdfast_waived_results",
    METADATA,
    Column("waiver", _ID, ForeignKey("holdfast_waivers.id"), primary_key=True),
    Column("base", _ID),
    Column("body", Text, nullable=False),
)
"""What the owner of a waiver saw; a waiver of before this table was there has no row in it."""

releases = Table(
    "holdfast_releases",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", String(128), nullable=False),
    Column("model", _ID, ForeignKey("holdfast_models.id"), nullable=False),
    Column("reference", Text, nullable=False),
    Column("run", _ID, ForeignKey("holdfast_runs.id"), nullable=False),
    Column("decision", String(16)),
    Column("recorded", _TIME, nullable=False),
)
Index("holdfast_releases_name", releases.c.name, releases.c.recorded)

corpora = Table(
    "holdfast_corpora",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", _ID),
    Column("folder", Text, nullable=False),
    Column("recorded", _TIME, nullable=False),
)

uses = Table(
    "holdfast_uses",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("corpus", _ID, ForeignKey("holdfast_corpora.id"), nullable=False),
    Column("model", _ID, ForeignKey("holdfast_models.id")),
    Column("reference", Text, nullable=False),
    Column("shards", Text, nullable=False),
    Column("recorded", _TIME, nullable=False),
)
Index("holdfast_uses_corpus", uses.c.corpus)
