"""`python -m palier` is `palier`."""

from palier.cli import main

main()
