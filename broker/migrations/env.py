"""How alembic runs the steps: on the connection that ``upgrade`` opened, each step in a transaction."""

from alembic import context

from broker.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table="broker_version",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
