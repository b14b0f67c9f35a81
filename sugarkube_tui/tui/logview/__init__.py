"""What a log pane shows of a log: filtering, searching, wrapping and drawing, without any widget."""
