// The templates that come with the program, under the names of Alertmanager's: who calls or replaces those there
// finds them here, and what they give is the same, of e-mail's HTML the same words.
#pragma once

#include <string_view>

namespace loadline::collector {

inline constexpr std::string_view kDefaultTemplates = R"TEMPLATES(
{{- define "__alertmanager" }}Alertmanager{{ end }}
{{- define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}{{ end }}
{{- define "__description" }}{{ end }}
{{- define "__subject" }}
  {{- $count := "" }}
  {{- if eq .Status "firing" }}{{ $count = printf ":%d" (len .Alerts.Firing) }}{{ end }}
  {{- printf "[%s%s] " (toUpper .Status) $count }}{{ join " " .GroupLabels.SortedPairs.Values }}{{ " " }}
  {{- if lt (len .GroupLabels) (len .CommonLabels) }}
    {{- printf "(%s)" (join " " (.CommonLabels.Remove .GroupLabels.Names).Values) }}
  {{- end }}
{{- end }}

{{- define "__labels_list" }}{{ range .SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end }}{{ end }}
{{- define "__text_alert_list" }}{{ range . }}Labels:
{{ template "__labels_list" .Labels }}Annotations:
{{ template "__labels_list" .Annotations }}Source: {{ .GeneratorURL }}
{{ end }}{{ end }}
{{- define "__labels_list_markdown" }}{{ range .SortedPairs }}{{ printf "  - %s = %s\n" .Name .Value }}{{ end }}{{ end }}
{{- define "__text_alert_list_markdown" }}{{ range . }}
Labels:
{{ template "__labels_list_markdown" .Labels }}
Annotations:
{{ template "__labels_list_markdown" .Annotations }}
Source: {{ .GeneratorURL }}
{{ end }}
{{ end }}

{{- define "__close_sections" }}{{ with .Alerts.Firing }}Alerts Firing:
{{ template "__text_alert_list" . }}{{ end }}
{{ with .Alerts.Resolved }}Alerts Resolved:
{{ template "__text_alert_list" . }}{{ end }}{{ end }}
{{- define "__wide_sections" }}{{ with .Alerts.Firing }}
Alerts Firing:
{{ template "__text_alert_list" . }}
{{ end }}
{{ with .Alerts.Resolved }}
Alerts Resolved:
{{ template "__text_alert_list" . }}
{{ end }}
{{ end }}
{{- define "__markdown_sections" }}
{{ with .Alerts.Firing }}
# Alerts Firing:
{{ template "__text_alert_list_markdown" . }}
{{ end }}
{{ with .Alerts.Resolved }}
# Alerts Resolved:
{{ template "__text_alert_list_markdown" . }}
{{ end }}
{{ end }}
{{- define "__annotations_line" }}{{ join " " .CommonAnnotations.SortedPairs.Values }}
{{ end }}
{{- define "__state_color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end }}

{{- define "slack.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{- define "slack.default.fallback" }}{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}{{ end }}
{{- define "slack.default.callbackid" }}{{ end }}
{{- define "slack.default.pretext" }}{{ end }}
{{- define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "slack.default.iconemoji" }}{{ end }}
{{- define "slack.default.iconurl" }}{{ end }}
{{- define "slack.default.text" }}{{ end }}
{{- define "slack.default.footer" }}{{ end }}
{{- define "slack.default.color" }}{{ template "__state_color" . }}{{ end }}

{{- define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end }}
{{- define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end }}
{{- define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end }}

{{- define "opsgenie.default.message" }}{{ template "__subject" . }}{{ end }}
{{- define "opsgenie.default.description" }}{{ template "__annotations_line" . }}{{ template "__close_sections" . }}{{ end }}
{{- define "opsgenie.default.source" }}{{ template "__alertmanagerURL" . }}{{ end }}

{{- define "wechat.default.message" }}{{ template "__subject" . }}
{{ template "__annotations_line" . }}{{ template "__close_sections" . }}
AlertmanagerUrl:
{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "wechat.default.to_user" }}{{ end }}
{{- define "wechat.default.to_party" }}{{ end }}
{{- define "wechat.default.to_tag" }}{{ end }}
{{- define "wechat.default.agent_id" }}{{ end }}

{{- define "victorops.default.state_message" }}{{ template "opsgenie.default.description" . }}{{ end }}
{{- define "victorops.default.entity_display_name" }}{{ template "__subject" . }}{{ end }}
{{- define "victorops.default.monitoring_tool" }}{{ template "__alertmanager" . }}{{ end }}

{{- define "pushover.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "pushover.default.message" }}{{ template "__annotations_line" . }}{{ template "__wide_sections" . }}{{ end }}
{{- define "pushover.default.url" }}{{ template "__alertmanagerURL" . }}{{ end }}

{{- define "sns.default.subject" }}{{ template "__subject" . }}{{ end }}
{{- define "sns.default.message" }}{{ template "pushover.default.message" . }}{{ end }}

{{- define "telegram.default.message" }}
{{ template "__wide_sections" . }}{{ end }}

{{- define "discord.default.content" }}{{ end }}
{{- define "discord.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "discord.default.message" }}{{ template "telegram.default.message" . }}{{ end }}

{{- define "webex.default.message" }}{{ template "pushover.default.message" . }}{{ end }}

{{- define "msteams.default.summary" }}{{ template "__subject" . }}{{ end }}
{{- define "msteams.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "msteams.default.text" }}{{ template "__markdown_sections" . }}{{ end }}
{{- define "msteamsv2.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "msteamsv2.default.text" }}{{ template "__markdown_sections" . }}{{ end }}

{{- define "jira.default.summary" }}{{ template "__subject" . }}{{ end }}
{{- define "jira.default.description" }}{{ template "__markdown_sections" . }}{{ end }}
{{- define "jira.default.priority" }}
  {{- $words := dict "critical" "High" "warning" "Medium" "info" "Low" }}
  {{- $found := "" }}
  {{- range $alerts := list .Alerts.Firing .Alerts.Resolved }}
    {{- range $severity := stringSlice "critical" "warning" "info" }}
      {{- range $alerts }}
        {{- if and (eq $found "") (eq .Labels.severity $severity) }}{{ $found = index $words $severity }}{{ end }}
      {{- end }}
    {{- end }}
  {{- end }}
  {{- $found }}
{{- end }}

{{- define "rocketchat.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "rocketchat.default.alias" }}{{ template "__alertmanager" . }}{{ end }}
{{- define "rocketchat.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "rocketchat.default.emoji" }}{{ end }}
{{- define "rocketchat.default.iconurl" }}{{ end }}
{{- define "rocketchat.default.text" }}{{ end }}

{{- define "mattermost.default.color" }}{{ template "__state_color" . }}{{ end }}
{{- define "mattermost.default.username" }}{{ template "__alertmanager" . }}{{ end }}
{{- define "mattermost.default.title" }}{{ template "__subject" . }}{{ end }}
{{- define "mattermost.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end }}
{{- define "mattermost.default.fallback" }}{{ template "mattermost.default.title" . }} | {{ template "mattermost.default.titlelink" . }}{{ end }}
{{- define "mattermost.default.text" }}{{ template "__markdown_sections" . }}{{ end }}

{{- define "email.default.subject" }}{{ template "__subject" . }}{{ end }}
{{- define "__html_labels" }}{{ range .SortedPairs }}{{ .Name }} = {{ .Value }}<br>
{{ end }}{{ end }}
{{- define "__html_alerts" }}{{ range . }}<p><b>Labels</b><br>
{{ template "__html_labels" .Labels }}{{ with .Annotations }}<b>Annotations</b><br>
{{ template "__html_labels" . }}{{ end }}<a href="{{ .GeneratorURL }}">Source</a></p>
{{ end }}{{ end }}
{{- define "email.default.html" }}<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{ template "__subject" . }}</title></head>
<body style="font-family: Helvetica, Arial, sans-serif; font-size: 14px; color: #333">
<h1 style="font-size: 16px; padding: 12px; color: #fff; background: {{ if .Alerts.Firing }}#c33{{ else }}#383{{ end }}">
{{- len .Alerts }} alert{{ if ne (len .Alerts) 1 }}s{{ end }} for
{{ range .GroupLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}</h1>
<p><a href="{{ template "__alertmanagerURL" . }}">View in {{ template "__alertmanager" . }}</a></p>
{{ with .Alerts.Firing }}<h2 style="font-size: 14px">[{{ len . }}] Firing</h2>
{{ template "__html_alerts" . }}{{ end }}
{{- with .Alerts.Resolved }}<h2 style="font-size: 14px">[{{ len . }}] Resolved</h2>
{{ template "__html_alerts" . }}{{ end }}
<p><a href="{{ .ExternalURL }}">Sent by {{ template "__alertmanager" . }}</a></p>
</body></html>
{{ end }}
)TEMPLATES";

}  // namespace loadline::collector
