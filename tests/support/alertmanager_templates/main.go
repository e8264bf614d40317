// Fills in templates by the code of the real Alertmanager: a request a line on standard input, what came of it a line
// on standard output. Whoever asks is tests/collector/alert_text/beside_alertmanager_test.py.
//
//	{"text": "{{ .Status }}", "html": false, "data": {...}}  ->  {"said": "firing"} or {"error": "..."}
//
// `data` is what Alertmanager's webhooks post, but for `routeLabels`, which are as the configuration has them; `files` are texts as those of `templates:`.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"

	"github.com/prometheus/alertmanager/template"
)

type request struct {
	Text  string        `json:"text"`
	Html  bool          `json:"html"`
	Data  template.Data `json:"data"`
	Files []string      `json:"files"`
}

type answer struct {
	Said  string `json:"said"`
	Error string `json:"error,omitempty"`
}

func render(line []byte) (said string, err error) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return "", err
	}
	templates, err := template.FromGlobs(nil)
	if err != nil {
		return "", err
	}
	for _, file := range asked.Files {
		if err := templates.Parse(strings.NewReader(file)); err != nil {
			return "", err
		}
	}
	asked.Data = withRouteLabels(templates, asked.Data)
	if asked.Html {
		return templates.ExecuteHTMLString(asked.Text, asked.Data)
	}
	return templates.ExecuteTextString(asked.Text, asked.Data)
}

// Fills in the labels of the route as is done before anything is sent, and leaves out what fails.
func withRouteLabels(templates *template.Template, data template.Data) template.Data {
	raw := data
	raw.NotificationReason = "unknown"
	fill := templates.RouteLabelRenderer(&raw)
	data.RouteLabels = template.KV{}
	for name := range raw.RouteLabels {
		if said, err := fill(name); err == nil {
			data.RouteLabels[name] = said
		}
	}
	template.MarkRouteLabelsRendered(&data)
	return data
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			said, failed := render(line)
			answered := answer{Said: said}
			if failed != nil {
				answered = answer{Error: failed.Error()}
			}
			out.Encode(answered)
		}
		if err != nil {
			return
		}
	}
}
