"""The interface for programs: JSON at `/api/v1`, the same reports, checks and sentences as on the command line."""
