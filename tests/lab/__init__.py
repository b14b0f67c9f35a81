"""End-to-end tests against make-believe Raspberry Pis; see README.md."""
