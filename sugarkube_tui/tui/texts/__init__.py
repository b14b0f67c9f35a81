"""What screens and widgets say: text made of the wizard's state, without any widget."""
