"""What people record: events, postings, decisions. Each is checked, written, and worked out in one transaction.

The command line and the page call the same functions and show the same sentences. Every function raises `Refused`
where what was asked cannot be; then nothing was written.
"""
