"""What may be asked for on the command line, and how it is read."""
