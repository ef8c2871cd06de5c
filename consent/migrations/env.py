"""What alembic runs: the steps, on the connection that the program hands over."""

from alembic import context

from consent.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
