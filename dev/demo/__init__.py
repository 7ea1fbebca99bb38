"""The demo: invented people, what becomes of them, and how that is shown."""
