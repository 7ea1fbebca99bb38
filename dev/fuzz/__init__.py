"""Bodies and headers without end for the callback, none of which may do anything."""
