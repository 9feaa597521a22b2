"""Who may ask for what is no Patchwork's: by which names, from where; and answers for them alone.

Knows requests and addresses; knows no double.
"""
