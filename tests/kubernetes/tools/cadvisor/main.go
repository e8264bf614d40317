// cAdvisor by itself, set up as the kubelet sets it up: looks at every cgroup each ten seconds, less often where nothing
// changes, and serves what it saw to Prometheus. Its own program is no module that can be built; its library is.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/google/cadvisor/cache/memory"
	cadvisormetrics "github.com/google/cadvisor/container"
	v2 "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/metrics"
	"github.com/google/cadvisor/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where /metrics is served")
	must(flag.Set("housekeeping_interval", "10s"))
	must(flag.Set("event_storage_event_limit", "default=0"))
	must(flag.Set("event_storage_age_limit", "default=0"))
	flag.Parse()

	included := cadvisormetrics.MetricSet{
		cadvisormetrics.CpuUsageMetrics:    struct{}{},
		cadvisormetrics.MemoryUsageMetrics: struct{}{},
		cadvisormetrics.DiskIOMetrics:      struct{}{},
		cadvisormetrics.ProcessMetrics:     struct{}{},
		cadvisormetrics.OOMMetrics:         struct{}{},
		cadvisormetrics.PressureMetrics:    struct{}{},
	}
	housekeeping := manager.HousekeepingConfig{Interval: ptr.To(15 * time.Second), AllowDynamic: ptr.To(true)}
	containers, err := manager.New(memory.New(2*time.Minute, nil), sysfs.NewRealSysFs(), housekeeping, included,
		http.DefaultClient, []string{"/"}, nil, "", 0)
	must(err)
	must(containers.Start())

	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.NewPrometheusCollector(containers, metrics.DefaultContainerLabels, included, clock.RealClock{},
		v2.RequestOptions{IdType: v2.TypeName, Count: 1, Recursive: true}))
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	log.Fatal(http.ListenAndServe(*listen, nil))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
