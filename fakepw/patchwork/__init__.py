"""What a Patchwork is: rows, lookups, methods, permissions, faults, instances.

Values go in, values or a `Fault` come out.  It knows no XML, no HTTP, and no clock but the one that
it is given.
"""
