"""Real web servers in front of fakepw, each with a sane configuration of its own."""
