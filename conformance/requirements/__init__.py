"""What is demanded, as data: one table per chapter, the catalogue over them, and recorded evidence.

May know what kinds of servers there are; knows neither how a demand is tried nor what came of it.
"""
