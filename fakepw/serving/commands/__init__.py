"""`fakepw serve` and `fakepw health`: what is asked for on the command line, and what is said."""
