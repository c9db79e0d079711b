"""Feeds: what calendars and news readers fetch by themselves, each at a secret address that can be revoked."""
