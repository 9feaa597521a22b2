"""Filters: which rows a client's struct selects, as each Django and database reads it.

Knows rows and traits; knows neither methods nor how a row is shown.
"""
