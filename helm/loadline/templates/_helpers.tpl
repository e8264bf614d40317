{{- define "loadline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "loadline.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: loadline
{{- end -}}

{{- /* Called with (dict "root" $ "part" "agent"). */ -}}
{{- define "loadline.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "loadline.image" -}}
{{- $image := .root.Values.image -}}
{{- printf "%s/%s-%s:%s" $image.registry $image.repository .part (default .root.Chart.AppVersion $image.tag) -}}
{{- with get $image (printf "%sDigest" .part) }}{{ printf "@%s" . }}{{ end -}}
{{- end -}}

{{- /* A part's own affinity, and with it to nodes for which there are images: terms of a node selector are alternatives, so
each of them gets the architectures. Called with (dict "root" $ "part" .Values.agent). */ -}}
{{- define "loadline.affinity" -}}
{{- $affinity := deepCopy (.part.affinity | default dict) -}}
{{- $node := get $affinity "nodeAffinity" | default dict -}}
{{- $required := get $node "requiredDuringSchedulingIgnoredDuringExecution" | default dict -}}
{{- $architectures := dict "key" "kubernetes.io/arch" "operator" "In" "values" .root.Values.image.architectures -}}
{{- $terms := list -}}
{{- range (get $required "nodeSelectorTerms" | default (list dict)) -}}
{{- $terms = append $terms (merge (dict "matchExpressions" (append (.matchExpressions | default list) $architectures)) .) -}}
{{- end -}}
{{- $_ := set $node "requiredDuringSchedulingIgnoredDuringExecution" (dict "nodeSelectorTerms" $terms) -}}
{{- toYaml (set $affinity "nodeAffinity" $node) -}}
{{- end -}}

{{- /* The TCP ports to which the collector may connect, as a JSON list: those of networkPolicy.ports, and those
that the configuration of alerts names (http://alertmanager:9093, mail.example:2525). */ -}}
{{- define "loadline.collectorReaches" -}}
{{- $ports := .Values.networkPolicy.ports | default list -}}
{{- $words := printf "%s %s" (toYaml .Values.collector.alerting.config) (toYaml .Values.collector.config) -}}
{{- range regexFindAll "([A-Za-z][A-Za-z0-9.-]*|[0-9]+\\.[0-9.]+|\\]):[1-9][0-9]{1,4}(/|\"|'|\\s|$)" $words -1 -}}
{{- $ports = append $ports (regexFind "[0-9]+" (regexFind ":[0-9]+" .)) -}}
{{- end -}}
{{- if regexMatch "http://[A-Za-z0-9.-]+(/|\"|'|\\s|$)" $words }}{{ $ports = append $ports 80 }}{{ end -}}
{{- $whole := list -}}
{{- range $ports }}{{ $whole = append $whole (. | int) }}{{ end -}}
{{- $whole | uniq | toJson -}}
{{- end -}}

{{- define "loadline.collector" -}}{{ include "loadline.fullname" . }}-collector{{- end -}}
{{- define "loadline.agent" -}}{{ include "loadline.fullname" . }}-agent{{- end -}}

{{- define "loadline.collectorAccount" -}}
{{- default (include "loadline.collector" .) .Values.serviceAccounts.collector.name -}}
{{- end -}}
{{- define "loadline.agentAccount" -}}
{{- default (include "loadline.agent" .) .Values.serviceAccounts.agent.name -}}
{{- end -}}

{{- /* Where the collector is: by its fixed address where there is one, else by name. */ -}}
{{- define "loadline.collectorHost" -}}
{{- default (printf "%s.%s.svc" (include "loadline.collector" .) .Release.Namespace) .Values.collector.service.clusterIP -}}
{{- end -}}

{{- /* By which names the page is asked for: those of its service, and those that were given. */ -}}
{{- define "loadline.webHosts" -}}
{{- $name := include "loadline.collector" . -}}
{{- $inside := printf "%s.%s" $name .Release.Namespace -}}
{{- $given := dig "listen" "web_hosts" "" .Values.collector.config -}}
{{- $names := list $name $inside (printf "%s.svc" $inside) (printf "%s.svc.%s" $inside .Values.clusterDomain) -}}
{{- join "," (concat $names .Values.collector.webHosts (compact (splitList "," $given))) -}}
{{- end -}}

{{- /* How Prometheus reads: the endpoint's scheme, certificate and token. */ -}}
{{- define "loadline.scrape" -}}
{{- $reading := .Values.collector.reading -}}
{{- if $reading.tlsSecret }}
scheme: https
tlsConfig:
  serverName: {{ include "loadline.collector" . }}.{{ .Release.Namespace }}.svc
  {{- if $reading.tlsSecretHasAuthority }}
  ca: {secret: {name: {{ $reading.tlsSecret }}, key: ca.crt}}
  {{- end }}
{{- end }}
{{- if $reading.tokenSecret }}
authorization:
  credentials: {name: {{ $reading.tokenSecret }}, key: token}
{{- else if $reading.cluster }}
bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
{{- end }}
{{- end -}}

{{- define "loadline.keyConfigMap" -}}{{ include "loadline.collector" . }}-key{{- end -}}

{{- /* The Secret with the key that agents show at the door. */ -}}
{{- define "loadline.agentKeySecret" -}}
{{- default (printf "%s-key" (include "loadline.agent" .)) .Values.agent.key.existingSecret -}}
{{- end -}}

{{- /* What every container of ours is denied. */ -}}
{{- define "loadline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
{{- end -}}

{{/* "true" where the collector asks for the Leases of nodes. */}}
{{- define "loadline.asksLeases" -}}
{{- $repair := .Values.collector.repair -}}
{{- $modes := append (values $repair.pools) $repair.mode -}}
{{- $acts := and .Values.features.surroundings.enabled (or (has "ask" $modes) (has "auto" $modes)) -}}
{{- if or .Values.features.nodeLeases.enabled (and $acts $repair.unansweredIsGone) -}}true{{- end -}}
{{- end -}}
