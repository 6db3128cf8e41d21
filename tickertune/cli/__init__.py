"""Front door: the ``tickertune`` command, a thin file for each subcommand."""
