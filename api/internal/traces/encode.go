package traces

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/loambase/loam/internal/trace"
)

// The messages of OTLP in JSON, with only the fields that Loam sends. Ids are hexadecimal, and
// integers of 64 bits are strings.
type (
	exportRequest struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	span struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		Parent     string     `json:"parentSpanId,omitempty"`
		Name       string     `json:"name"`
		Kind       trace.Kind `json:"kind"`
		Begin      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []keyValue `json:"attributes,omitempty"`
		Status     *status    `json:"status,omitempty"`
	}
	status struct {
		Code int `json:"code"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value value  `json:"value"`
	}
	value struct {
		Text *string `json:"stringValue,omitempty"`
		Bool *bool   `json:"boolValue,omitempty"`
		Int  *string `json:"intValue,omitempty"`
	}
)

// statusError is the status code of a span whose work has failed.
const statusError = 2

func encode(batch []*trace.Span, version string) ([]byte, error) {
	list := make([]span, len(batch))
	for i, s := range batch {
		list[i] = spanOf(s)
	}
	return json.Marshal(exportRequest{[]resourceSpans{{
		Resource:   resource{[]keyValue{attribute("service.name", "loam"), attribute("service.version", version)}},
		ScopeSpans: []scopeSpans{{scope{"github.com/loambase/loam", version}, list}},
	}}})
}

// spanOf converts a span. It sends only the type of an error, because the text of an error may
// contain values of records.
func spanOf(s *trace.Span) span {
	out := span{
		TraceID: hex.EncodeToString(s.Trace[:]), SpanID: hex.EncodeToString(s.ID[:]), Name: s.Name, Kind: s.Kind,
		Begin: nanos(s.Begin), End: nanos(s.Finish),
	}
	if s.Parent != [8]byte{} {
		out.Parent = hex.EncodeToString(s.Parent[:])
	}
	for _, a := range s.Attributes() {
		if a.Value != "" {
			out.Attributes = append(out.Attributes, attribute(a.Key, a.Value))
		}
	}
	if err := s.Failed(); err != nil {
		out.Status = &status{statusError}
		out.Attributes = append(out.Attributes, attribute("error.type", fmt.Sprintf("%T", err)))
	}
	return out
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func attribute(key string, v any) keyValue {
	out := keyValue{Key: key}
	switch v := v.(type) {
	case string:
		out.Value.Text = &v
	case bool:
		out.Value.Bool = &v
	case int:
		out.Value.Int = new(string)
		*out.Value.Int = strconv.Itoa(v)
	case int64:
		out.Value.Int = new(string)
		*out.Value.Int = strconv.FormatInt(v, 10)
	default:
		panic(fmt.Sprintf("traces: an attribute is a %T", v))
	}
	return out
}
