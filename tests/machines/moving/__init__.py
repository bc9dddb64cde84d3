"""A bridge moves from SQLite to PostgreSQL and back while webhooks keep arriving."""
