"""`python -m sugarkube_tui`."""

from sugarkube_tui.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
