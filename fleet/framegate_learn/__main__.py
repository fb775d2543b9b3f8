"""`python3 -m framegate_learn`."""

from framegate_learn.cli import main

main()
