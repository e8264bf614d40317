"""A real Kubernetes cluster on this machine: see docs/contributing.md and `tests/kubernetes/cluster --help`."""
