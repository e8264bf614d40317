//go:build tools

// metrics-server, apart from the programs of the cluster: it is built from another release of Kubernetes' modules.
package tools

import _ "sigs.k8s.io/metrics-server/cmd/metrics-server"
