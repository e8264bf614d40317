// How the collector is set up: plain values with defaults, and nothing that does anything.
//
// settings.cc names every one of them with its key, meaning and range; that table is what is read, checked
// and printed. Secrets never stand here, only the files that hold them. Where a room has options of its own
// these are what stands here, so that nothing is copied from one to the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/apply/applier.h"
#include "collector/detect/detect_config.h"
#include "collector/kube/kubernetes_options.h"
#include "collector/model/options.h"
#include "collector/sink/azure_settings.h"
#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

struct ClusterConfig {
  std::string name;  // empty: of the uid of kube-system, or the host's
};

struct ListenConfig {
  std::string agents = "tcp://127.0.0.1:7400";
  std::string web = "127.0.0.1:8080";
  std::vector<std::string> web_hosts;  // besides localhost and addresses in numbers
  std::string web_tls_cert;            // with web_tls_key; empty: in the clear
  std::string web_tls_key;
  std::string probes;  // empty: only where the page is
};

struct SecurityConfig {
  std::string keys_folder;        // empty: "keys" in the state folder
  std::string agent_keys_folder;  // empty: "agents" in the folder of keys
  bool any_agent_key = false;
  std::optional<Wall> any_agent_key_until;
  std::string token_file;       // empty: "token" in the state folder
  std::string read_token_file;  // empty: anybody may read
  bool cluster_authentication = false;
  std::string write_token_file;  // empty: on loopback anybody may write, elsewhere nobody
};

struct StoreConfig {
  std::string folder = "/var/lib/loadline/collector";
  Bytes max_size = 8 * kGiB;
  Duration snapshot_interval = std::chrono::minutes(10);
  Duration keep_records{0};
  Bytes node_rate = 16 * kMiB;  // a minute
  double node_share = 0.1;
};

struct RecommendConfig {
  std::string algorithm = "loadline";
  std::string compare;
  Duration interval = std::chrono::minutes(1);
  double knob = 0.5;
  Duration first_minutes = std::chrono::minutes(10);
  MilliCores pod_min_cpu = 0;
  Bytes pod_min_memory = 0;
  std::string region = "eastus";
};

struct KubernetesConfig {
  std::string mode = "off";                        // "off", "in-cluster" or "kubeconfig"
  KubernetesOptions how = {.surroundings = true};  // its kubeconfig counts for "kubeconfig"
  bool ask_kubelets = true;                        // whether nodes that are not heard are there
  bool ask_neighbours = true;                      // whether other nodes reach them
  bool ask_leases = false;                         // whether the API server hears them
  std::string create_vpas = "off";
  std::string vpa_recommender;  // empty: the status of no VerticalPodAutoscaler is written
  bool import_checkpoints = true;
  bool export_checkpoints = false;
  Duration metrics_interval = std::chrono::seconds(30);
};

struct ApplyConfig {
  bool enabled = false;
  ApplyOptions how;
};

struct RepairConfig {
  std::string mode = "dry-run";   // "off", "dry-run", "ask" or "auto"
  std::string pools;              // that have another one: "web=auto, system=off"
  std::string by = "kubernetes";  // or "condition", "webhook", "aks"
  Duration drain_within = std::chrono::minutes(5);
  bool drain_unmanaged = false;
  bool drain_local_data = false;
  bool unanswered_is_gone = false;
  bool drain_before_events = false;
  std::string lease_namespace;  // empty: the collector's own
  std::string webhook_url;
  std::string webhook_secret_file;
  std::string webhook_ca_file;        // empty: the system's authorities
  std::string webhook_steps = "all";  // or "machines"
  Duration webhook_within = std::chrono::minutes(15);
  std::string aks_cluster;  // its resource id
  std::string aks_endpoint = "https://management.azure.com";
  bool aks_instances = false;
  Duration aks_within = std::chrono::minutes(30);
  double max_unfit = 0.2;
  std::int64_t max_in_flight = 2;
  Duration look_on = std::chrono::minutes(2);
  Duration well_for = std::chrono::minutes(5);
};

struct SlackConfig {
  std::string webhook_file;
  std::string bot_token_file;
  std::string channel;
  std::string api_url = "https://slack.com/api";
  std::string signing_secret_file;  // empty: no buttons are heard
  std::string silencers;            // "U024BE7LH, W012A3CDE"; empty: everybody
  std::string approvers;            // empty: nobody
  std::string response_url = "https://hooks.slack.com/";
};

struct AzureConfig {
  std::string cluster;  // before cluster.name there was this
  AzureSettings ways;
  std::string audience = "https://monitor.azure.com";
  std::string insights_access = "key";
  std::string webhook_token_file;
  std::string metrics_resource_id;
  std::string metrics_region;
  std::string metrics_endpoint;
  std::string metrics_audience = "https://monitoring.azure.com/";
};

struct AlertingConfig {
  std::string file;
  std::string heartbeat_receiver;  // empty: none
  Duration heartbeat_interval = std::chrono::minutes(1);
  std::string page_url;
  std::string inhibit_posted = "witnessed";
  std::int64_t flap_begins = 3;
  Duration flap_within = std::chrono::hours(1);
};

struct LogConfig {
  std::string level = "info";
};

struct Config {
  ClusterConfig cluster;
  ListenConfig listen;
  SecurityConfig security;
  StoreConfig store;
  ModelOptions model;
  RecommendConfig recommend;
  DetectConfig detect;
  KubernetesConfig kubernetes;
  ApplyConfig apply;
  RepairConfig repair;
  SlackConfig slack;
  AzureConfig azure;
  AlertingConfig alerting;
  LogConfig log;
};

}  // namespace loadline::collector
