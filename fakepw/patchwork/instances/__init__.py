"""What differs between deployments: traits, the tables of who has which, and instances by name.

Data alone: knows nothing of rows, methods or wires.
"""
