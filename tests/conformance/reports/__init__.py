"""Every report format, from builders of runs to a real browser."""
