"""`python3 -m framegate_fleet`."""

from framegate_fleet.start import main

main()
