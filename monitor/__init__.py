"""The application: gathers the facts, asks the core for a plan, writes it down, and tells people."""
