"""A patch as the mail that clients get: headers, body, diff, as each Python writes them.

Knows rows and traits; knows neither filters nor methods.
"""
