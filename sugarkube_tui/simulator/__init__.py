"""A simulated LAN behind the engine's ports: for `--demo`, tests and screenshots."""
