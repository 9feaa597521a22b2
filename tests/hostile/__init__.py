"""Peers that misbehave, each a few lines long, and what they may not bring about."""
