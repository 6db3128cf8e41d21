"""``python -m tickertune`` is the ``tickertune`` command."""

from tickertune.cli.main import main

main()
