"""Run by Alembic for each migration: uses the connection and the transaction that ``migrate`` holds."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
