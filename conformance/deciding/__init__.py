"""How a requirement is decided: steps are drawn, sent and judged, and what was written is put back.

May know everything about servers, requirements and verdicts; knows no single requirement by name.
"""
