"""`python -m framegate_flow`."""

from framegate_flow.cli import main

main()
