"""What commands other than `run` show: the catalogue, comparisons, a matrix, probes, replays.

Each is a function of what was found, made with the formats of reports; none sends anything.
"""
