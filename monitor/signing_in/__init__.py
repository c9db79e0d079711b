"""Who may look at the page as whom: links that are sent to contacts, and the sessions that they begin."""
