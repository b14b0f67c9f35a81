"""A stand-in for k3s that the lab's Pis can install, start, join, break and remove.

The lab cannot run the real program (no kubelet in its containers, no downloads in a test run), yet a set-up
tool is only tested when something answers as k3s would: the same files, ports, units, log lines, status
codes and failures.
"""
