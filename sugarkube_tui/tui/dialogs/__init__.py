"""What is asked or told over a screen."""
