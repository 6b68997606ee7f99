package logs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/complete"
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/schema"
)

// fact is an attribute of an entry; path is the address of a page about its value, "" for none.
type fact struct{ name, value, path string }

// first lists the attributes of requests that are shown before all others, in this order.
var first = []string{"error", "details", "method", "url", "status", "execTime", "auth", "authId", "userIP", "remoteIP", "referer", "userAgent"}

func factsOf(e entry) (list []fact) {
	names := slices.SortedFunc(maps.Keys(e.Data), func(a, b string) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		list = append(list, fact{name, words(e.Data[name]), pathOf(e, name)})
	}
	return list
}

// pathOf returns the address of a page about an attribute: the account of the request, or the
// entries with the same IP address or status; "" for other attributes.
func pathOf(e entry, name string) string {
	value := attribute(e, name)
	switch {
	case value == "":
		return ""
	case name == "authId" && attribute(e, "auth") != "":
		return console.RecordPath(attribute(e, "auth"), value)
	case name == "userIP":
		return view{filter: "data.userIP = " + complete.Literal(value, "'")}.withSuperusers(true)
	case name == "status":
		return view{filter: "data.status = " + value}.withSuperusers(true)
	}
	return ""
}

// testerPath returns the address of the rule tester with the collection, the caller and the record
// of a request; "" unless a rule may have refused the request.
func testerPath(e entry, find func(collection string) *schema.Collection) string {
	path, _, _ := strings.Cut(attribute(e, "url"), "?")
	name, id, ok := recordOf(path)
	if !ok || !mayBeRule(e, id) {
		return ""
	}
	in := find(name)
	if in == nil {
		return ""
	}
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	switch auth := attribute(e, "auth"); auth {
	case "":
		set("as", "guest")
	case schema.Superusers:
		return "" // rules do not apply to superusers
	default:
		set("as", "user")
		set("accounts", auth)
		set("user", attribute(e, "authId"))
	}
	set("on", id)
	return console.CollectionPath(in) + "/rules?" + q.Encode()
}

// recordOf splits the path /api/collections/NAME/records/ID. id is "" if the path ends with
// records. ok is false for other paths.
func recordOf(path string) (collection, id string, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) < 5 || len(parts) > 6 || parts[1] != "api" || parts[2] != "collections" || parts[4] != "records" {
		return "", "", false
	}
	return parts[3], strings.Join(parts[5:], ""), true
}

// mayBeRule reports whether a rule may have refused the request. A locked rule gives the status
// 403, a rule about one record 404, and the create rule 400.
func mayBeRule(e entry, id string) bool {
	switch status(e) {
	case "403":
		return true
	case "404":
		return id != ""
	case "400":
		return byRule(e)
	}
	return false
}

// byRule reports whether the entry says that a rule refused the request. Entries of reads never say
// so: a read of a record that the rule hides is the same as a read of a record that does not exist.
func byRule(e entry) bool {
	return attribute(e, "deniedBy") == "rule"
}

func place(name string) int {
	if i := slices.Index(first, name); i >= 0 {
		return i
	}
	return len(first)
}

func words(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// level returns the name of a level and the CSS class of its badge.
func level(n int) (name, badge string) {
	switch {
	case n >= 8:
		return "error", "badge-danger"
	case n >= 4:
		return "warning", "badge-warn"
	case n >= 0:
		return "info", ""
	}
	return "debug", ""
}

func levelName(e entry) string { name, _ := level(e.Level); return name }

func levelBadge(e entry) string { _, badge := level(e.Level); return badge }

// status returns the status of a request, "" for other entries.
func status(e entry) string {
	if n, ok := e.Data["status"].(float64); ok {
		return strconv.Itoa(int(n))
	}
	return ""
}

// attribute returns an attribute of the entry as text, "" for a missing attribute.
func attribute(e entry, name string) string {
	if e.Data[name] == nil {
		return ""
	}
	return words(e.Data[name])
}

// took formats the duration of a request in milliseconds.
func took(e entry) string {
	if ms, ok := e.Data["execTime"].(float64); ok {
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	}
	return ""
}
