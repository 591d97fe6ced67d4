"""`python -m interfaces.cli` is `live`."""

from interfaces.cli.main import main

main()
