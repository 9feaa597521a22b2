"""What is known of a server: what it is, of which release, what rows it holds, who else it may be.

Asks through what it is given; opens no connection of its own.
"""
