"""The program behind the stand-in's `k3s` executable.

It runs on a Pi with nothing but Python, python3-yaml and the openssl command, packed behind a small ELF
launcher.
"""
