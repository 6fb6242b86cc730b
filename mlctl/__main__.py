"""``python -m mlctl``: the same as the installed command."""

from mlctl.cli.main import main

main()
