"""The page for people, over a raw socket and in a real browser."""
