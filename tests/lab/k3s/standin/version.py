"""Which release this program says it is; the build replaces this file with the version asked for."""

VERSION = "v1.33.5+k3s1"
COMMIT = "abcdef12"
GO_VERSION = "go1.24.6"
