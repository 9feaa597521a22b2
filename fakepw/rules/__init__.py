"""What goes wrong, and when, as people say it: rules as data and as text, presets, what nginx says.

Knows how requests and responses look; what becomes of a call is for `double/rules`.
"""
