"""The database: tables, migrations, and the two ways between rows and the core's values."""
