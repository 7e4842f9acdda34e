"""How the tables came to be, step by step: Alembic's scripts in versions/, applied by the program itself.

Alembic is imported here only, and only when there is something to apply.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

HERE = Path(__file__).parent
LOCK = 0x73796E64
"""A PostgreSQL advisory lock (the letters "synd"), so that two processes do not migrate at once."""


def migrate(connection: sa.Connection, to: str = "head") -> None:
    """Bring the database to the newest schema, or to the one numbered `to`, inside the transaction of `connection`."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from syndicate.store.engine import VERSION_TABLE
    from syndicate.store.schema import metadata

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, scripts, fn=lambda current, _: scripts._upgrade_revs(to, current)) as environment:
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=VERSION_TABLE,
            transactional_ddl=True,
            render_as_batch=True,
        )
        environment.run_migrations()
