"""A trained network for other programs: one description of what it does, and a file a format that writes it."""
