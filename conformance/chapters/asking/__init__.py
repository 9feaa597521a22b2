"""What chapters have in common: which rows to ask for and by what, how, and what answers show.

May know what the chapters may know; knows no chapter.
"""
