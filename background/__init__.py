"""The work behind the buttons: slices that talk to MTS between short transactions."""
