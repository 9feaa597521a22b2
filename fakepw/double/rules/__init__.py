"""Rules at work: which calls they match, and what they make of a request.

Knows requests, outcomes and how calls are matched; knows no pipeline.
"""
