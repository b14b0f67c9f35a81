"""Form k3s clusters from the Raspberry Pis on a LAN, from an admin's terminal."""

__version__ = "0.1.0"
