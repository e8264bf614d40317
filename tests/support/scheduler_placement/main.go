// Says whether a pod may be placed on a node, by the scheduler's own code for node affinity and taints: a pair a line on
// standard input, the answer a line on standard output. Whoever asks is tests/collector/kube_objects/beside_scheduler_test.py.
//
//	{"pod": {...}, "node": {...}}  ->  {"fits": true}
//
// Both are objects of the API server. Comparing tolerations (Gt, Lt) are off, as they are in a cluster by default.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	v1 "k8s.io/api/core/v1"
	scheduling "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"
)

type pair struct {
	Pod  v1.Pod  `json:"pod"`
	Node v1.Node `json:"node"`
}

type answer struct {
	Fits bool `json:"fits"`
}

func keepsAway(taint *v1.Taint) bool {
	return taint.Effect == v1.TaintEffectNoSchedule || taint.Effect == v1.TaintEffectNoExecute
}

func fits(asked *pair) bool {
	// An error is of terms that cannot be read: they select nothing.
	matches, _ := nodeaffinity.GetRequiredNodeAffinity(&asked.Pod).Match(&asked.Node)
	_, untolerated := scheduling.FindMatchingUntoleratedTaint(klog.Background(), asked.Node.Spec.Taints,
		asked.Pod.Spec.Tolerations, keepsAway, false)
	return matches && !untolerated
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked pair
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer{Fits: fits(&asked)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
