"""Converges steps, schedules nodes and reports events; everything outside is behind a port."""
