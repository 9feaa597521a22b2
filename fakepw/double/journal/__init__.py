"""What was called: the journal, its calls as tests see them, and what tests claim of them.

Knows how a Patchwork speaks; knows neither rules nor who keeps the journal.
"""
