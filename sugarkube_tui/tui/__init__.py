"""The wizard: a full-screen, keyboard-driven way through scan, choices, review, run and proof."""
