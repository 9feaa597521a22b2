"""Between doubles and real servers: journals of a double's calls, recordings of real servers.

May know the target and how decisions are bounded; knows no requirement, no verdict and no fakepw: a
journal is read by its documented format (docs/bridge.md).
"""
