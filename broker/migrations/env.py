"""How alembic runs the steps: on the connection that ``upgrade`` opened, in its transaction."""

from alembic import context

from broker.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="broker_version",
)
with context.begin_transaction():
    context.run_migrations()
