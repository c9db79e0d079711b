"""Getting a message to a person: what is said, the outbox, the transports. Knows nothing of deadlines."""
