"""One module per step: a read-only probe, a reader to facts, a pure decision what is still to do."""
