"""Pictures of the wizard, made by driving it on the simulated LAN."""
