"""The Kubernetes API, through its client library."""
