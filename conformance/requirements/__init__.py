"""The tables of the catalogue, one module per chapter."""
