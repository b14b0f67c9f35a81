"""The LAN as the workstation sees it: multicast DNS, and API servers before anyone logs in."""
