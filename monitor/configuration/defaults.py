"""What holds where config.toml says nothing, as it would be written there."""

from collections.abc import Mapping

DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "monitor": {
        "database": "sqlite:///var/iltod.db",
        "timezone": "Asia/Ulaanbaatar",
        "language": "mn",
        "packs": ["budget", "integrity", "iaac", "drafts"],
        "promptly": "3 working days",
        "operator": "",
    },
    "calendar": {
        "region": "MN",
        "weekend": ["saturday", "sunday"],
    },
    "reminders": {
        "send_at": "09:00",
        "before": ["30d", "14d", "7d", "3wd", "1wd", "0d"],
        "after": ["1wd", "3wd", "5wd", "+5wd"],
        "escalate": [{"after": "3wd", "to": "head"}, {"after": "10wd", "to": "parent:oversight"}],
        "all_clear": "monthly",
    },
    "mail": {
        "transport": "maildir",
        "path": "var/mail",
        "host": "localhost",
        "port": 25,
        "security": "starttls",
        "username": "",
        "password_file": "",
        "sender": "iltod <iltod@example.mn>",
        "reply_to": "",
        "bounce_to": "",
        "connections": 4,
        "per_minute": 0,
    },
    "web": {
        "listen": "127.0.0.1:8470",
        "public_url": "http://127.0.0.1:8470",
        "trusted_proxies": [],
        "public": False,
    },
    "daemon": {
        "heartbeat_url": "",
        "daily_backups": 0,
        "backup_folder": "var/backup",
        "log_level": "info",
    },
}

CALENDAR_FILE = "calendar.toml"
"""The file of more days off and on; this default may be absent, a file that is named must exist."""
