"""The page: people look, record and subscribe; the same report, checks and sentences as on the command line."""
