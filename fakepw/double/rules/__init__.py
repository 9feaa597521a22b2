"""What goes wrong, and when: rules as data and as text, what they make of a request, and presets.

Knows requests, outcomes and how calls are matched; knows no pipeline.
"""
