"""The view for everybody: what was due, what is posted and where. No person, no note, no reason is shown in it."""

from monitor.web.public.routing import routes

__all__ = ["routes"]
