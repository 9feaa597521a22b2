"""Journals and recordings, put to servers."""
