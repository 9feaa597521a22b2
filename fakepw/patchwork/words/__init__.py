"""What all of a Patchwork is made of: values, texts, numbers, dates, characters, faults and places.

Knows nothing but these.
"""
