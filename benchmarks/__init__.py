"""How fast the product is, next to others, on real packets.  Not part of `make test`."""
