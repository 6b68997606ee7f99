package collections

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// snippets are tests of a running server, in Go and for a shell: requests for the judged operations
// with the expected answers. Both are "" if no request follows from the verdicts.
type snippets struct{ golang, curl string }

// request is one request of a test, and the answer that follows from a verdict.
type request struct {
	Name, Method, Path, Body string
	Status                   int
	Has                      string // a text that the answer must contain; "" for any answer
	Writes                   bool   // the request is allowed and changes records
}

// testOf writes tests of the verdicts. They leave out the sign-in rule, since a sign-in needs the
// password, and the manage rule, since no operation depends on it alone.
func testOf(c *console.Call, in *schema.Collection, caller record.Caller, list []verdict) (out snippets) {
	data := struct {
		URL, Title, Who string
		Headers         []string // names and values alternate
		Requests        []request
	}{URL: c.Address(), Title: titled(in.Name)}
	if a := caller.Auth; a != nil {
		data.Who = a.Text("email") + " of " + a.Collection().Name
	}
	for _, name := range slices.Sorted(maps.Keys(caller.Headers)) {
		for _, v := range caller.Headers[name] {
			data.Headers = append(data.Headers, name, v)
		}
	}
	sent := c.R.PostForm
	base := "/api/collections/" + url.PathEscape(in.Name) + "/records"
	for _, v := range list {
		if r, ok := requestOf(v, base, sent.Get("_record"), sent.Get("_on") == "body", caller.Query); ok {
			if r.Method == http.MethodPost || r.Method == http.MethodPatch {
				r.Body = strings.TrimSpace(sent.Get("_body"))
			}
			data.Requests = append(data.Requests, r)
		}
	}
	if len(data.Requests) == 0 {
		return out
	}
	return snippets{run(goTest, data), run(curlTest, data)}
}

// requestOf returns the request of a verdict with the expected answer. ok is false if the verdict
// is neither "ok" nor "no", if the rule is one of accounts, or if the operation needs a stored
// record and the form has the body of a new one.
func requestOf(v verdict, base, id string, imagined bool, query url.Values) (r request, ok bool) {
	i := slices.IndexFunc(judged, func(j judgement) bool { return j.rule == v.rule.name })
	j := judged[i]
	if v.rule.ofAccounts() || v.state != "ok" && v.state != "no" || imagined && j.operation != record.OpCreate {
		return r, false
	}
	allowed := v.state == "ok"
	r = request{Name: string(j.operation), Method: j.method, Path: base, Status: http.StatusOK}
	switch {
	case !allowed && v.rule.text == nil:
		r.Status = http.StatusForbidden
	case j.operation == record.OpList:
	case !allowed && j.operation == record.OpCreate:
		r.Status = http.StatusBadRequest
	case !allowed:
		r.Status = http.StatusNotFound
	case j.operation == record.OpDelete:
		r.Status = http.StatusNoContent
	}
	values := url.Values{}
	for name, list := range query {
		values[name] = list
	}
	switch j.operation {
	case record.OpList:
		values.Set("filter", "id="+strconv.Quote(id))
		if r.Has = `"items":[]`; allowed {
			r.Has = strconv.Quote(id)
		}
		if r.Status != http.StatusOK {
			r.Has = ""
		}
	case record.OpView, record.OpUpdate, record.OpDelete:
		r.Path += "/" + url.PathEscape(id)
	}
	if len(values) > 0 {
		r.Path += "?" + values.Encode()
	}
	r.Writes = allowed && j.operation != record.OpList && j.operation != record.OpView
	return r, true
}

// titled returns the name of a collection as a part of the name of a Go function.
func titled(name string) string {
	name = strings.TrimLeft(name, "_")
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func run(t *template.Template, data any) string {
	var out strings.Builder
	if err := t.Execute(&out, data); err != nil {
		panic(err) // not reached: the templates and their data are defined in this file
	}
	return out.String()
}

var functions = template.FuncMap{
	"quote": strconv.Quote,
	"shell": func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" },
	"pairs": func(list []string) [][]string { return slices.Collect(slices.Chunk(list, 2)) },
	"line":  func(text string) string { return strings.Join(strings.Fields(text), " ") },
}

var goTest = template.Must(template.New("go").Funcs(functions).Parse(`package rules_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// Asks a running server, whose rules are those that are saved.
{{- if .Who}} TOKEN is a token of {{line .Who}}.{{end}}
// With WRITES=1 it also makes the changes that are allowed: run that on a copy.
func Test{{.Title}}Rules(t *testing.T) {
	server := os.Getenv("LOAM_URL")
	if server == "" {
		server = {{quote .URL}}
	}
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		has                      string // in the answer
		writes                   bool
	}{
{{- range .Requests}}
		{ {{- quote .Name}}, {{quote .Method}}, {{quote .Path}}, {{quote .Body}}, {{.Status}}, {{quote .Has}}, {{.Writes -}} },
{{- end}}
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.writes && os.Getenv("WRITES") == "" {
				t.Skip("it changes records: set WRITES=1")
			}
			req, err := http.NewRequest(tt.method, server+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
{{- if .Who}}
			req.Header.Set("Authorization", os.Getenv("TOKEN"))
{{- end}}
{{- range pairs .Headers}}
			req.Header.Add({{quote (index . 0)}}, {{quote (index . 1)}})
{{- end}}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tt.status || !strings.Contains(string(body), tt.has) {
				t.Errorf("%s %s answers %d %s (%v), want %d with %s", tt.method, tt.path, res.StatusCode, body, err, tt.status, tt.has)
			}
		})
	}
}
`))

var curlTest = template.Must(template.New("curl").Funcs(functions).Parse(`# Asks a running server, whose rules are those that are saved. Each line is to say "ok".
# With WRITES=1 it also makes the changes that are allowed: run that on a copy.
{{- if .Who}}
# TOKEN is a token of {{line .Who}}.
{{- end}}
server=${LOAM_URL:-{{shell .URL}}}
ask() { # ask NAME STATUS TEXT METHOD PATH [BODY]
  got=$(curl -s -w '\n%{http_code}' -X "$4" "$server$5"{{if .Who}} -H "Authorization: $TOKEN"{{end}}{{range pairs .Headers}} -H {{shell (printf "%s: %s" (index . 0) (index . 1))}}{{end}} ${6:+-H 'Content-Type: application/json' -d "$6"})
  case $got in *"$3"*"$2") echo "ok $1" ;; *) echo "FAILED $1, not $2 with $3: $got" ;; esac
}
{{- range .Requests}}
{{if .Writes}}[ -z "$WRITES" ] || {{end}}ask {{.Name}} {{.Status}} {{shell .Has}} {{.Method}} {{shell .Path}}{{if .Body}} {{shell .Body}}{{end}}
{{- end}}
`))
