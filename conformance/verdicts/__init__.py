"""What was found, with the evidence for it, how to see it again, and what is excused.

May know requirements and exchanges; knows neither who decided nor how it will be shown.
"""
