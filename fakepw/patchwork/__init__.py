"""What a Patchwork is: rows, lookups, methods, permissions, faults, instances. No XML, no HTTP."""
