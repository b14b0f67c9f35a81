"""What a sugarkube cluster is.  Pure: standard library only, no input or output."""
