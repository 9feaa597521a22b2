"""What is kept of a run: a bundle that holds all of it, read again by whoever it was handed to.

May know every room but the commands. What is read here may be damaged, of another version or an
enemy's: it is bounded before it is read, and told of in one sentence.
"""
