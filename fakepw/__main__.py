"""`python -m fakepw`."""

from .cli import main

main()
