"""`fakepw usage`."""
