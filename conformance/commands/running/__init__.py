"""One run: what it is made of, what comes before it, what is said when it ends."""
