"""The command line: the same engine as the wizard, for scripts and for terminals that cannot draw."""
