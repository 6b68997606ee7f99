package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/wire"
)

// batchRequest is one request of a batch.
type batchRequest struct {
	method  string
	url     string
	headers map[string]any // of strings
	body    map[string]any
	fields  *wire.Fields // the fields in its URL; set by operation
}

// decodeBatchRequest decodes an item of the list. Missing members are empty; a member of a wrong
// type makes the batch unreadable.
func decodeBatchRequest(item any) (*batchRequest, bool) {
	object, ok := item.(map[string]any)
	if !ok {
		return &batchRequest{}, item == nil
	}
	r := &batchRequest{}
	ok = get(object, "method", &r.method) && get(object, "url", &r.url) &&
		get(object, "headers", &r.headers) && get(object, "body", &r.body)
	for _, v := range r.headers {
		_, isText := v.(string)
		ok = ok && isText
	}
	return r, ok
}

// get reads a member of the object, and reports whether the member is missing or of that type.
func get[T any](object map[string]any, name string, into *T) (ok bool) {
	v := object[name]
	if v == nil {
		return true
	}
	*into, ok = v.(T)
	return ok
}

const maxBatchURL = 2000

func validateBatch(requests []*batchRequest, limit int) fault.Fields {
	fails := fault.Fields{}
	switch {
	case len(requests) == 0:
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "requests")
	case len(requests) > limit:
		fails.Set(tooLong(limit), "requests")
	default:
		for i, r := range requests {
			fails.Set(r.judgeMethod(), "requests", fault.Index(i), "method")
			fails.Set(r.judgeURL(), "requests", fault.Index(i), "url")
		}
	}
	return fails
}

func (r *batchRequest) judgeMethod() *fault.Field {
	switch r.method {
	case "":
		return fault.Leaf("validation_required", "Cannot be blank")
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return nil
	}
	return fault.Leaf("validation_in_invalid", "Must be a valid value")
}

func (r *batchRequest) judgeURL() *fault.Field {
	if r.url == "" {
		return fault.Leaf("validation_required", "Cannot be blank")
	}
	if utf8.RuneCountInString(r.url) > maxBatchURL {
		return tooLong(maxBatchURL)
	}
	return nil
}

func tooLong(limit int) *fault.Field {
	return fault.Leaf("validation_length_too_long", fmt.Sprintf("The length must be no more than %d", limit),
		"min", 0, "max", limit)
}

// operation returns the write of the request, done by the caller of the whole batch.
func (r *batchRequest) operation(caller record.Caller) (op record.Op, fail *fault.Error) {
	target, err := url.Parse(r.url)
	if err != nil || target.Scheme != "" || target.Host != "" {
		return op, fault.Wrap(fault.Invalid, "", err)
	}
	query, err := wire.Query(target.RawQuery)
	if err == nil {
		r.fields, err = wire.ParseFields(query.Get("fields"))
	}
	if err != nil {
		return op, fault.Wrap(fault.Invalid, "", err)
	}
	op = record.Op{Caller: caller, Input: record.Input{Body: r.body}, Expand: query.Get("expand")}
	op.Caller.Context, op.Caller.Method, op.Caller.Query = "batch", r.method, query
	op.Caller.Headers = r.mergeHeaders(caller.Headers)
	if !r.route(target.EscapedPath(), &op) {
		return op, fault.New(fault.Invalid, "")
	}
	return op, nil
}

// route sets the action of the method at the path. ok is false if there is none.
func (r *batchRequest) route(path string, op *record.Op) (ok bool) {
	rest, ok := strings.CutPrefix(path, "/api/collections/")
	if !ok {
		return false
	}
	parts := strings.Split(rest, "/")
	for i := range parts {
		if plain, err := url.PathUnescape(parts[i]); err == nil {
			parts[i] = plain
		}
	}
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] != "records" {
		return false
	}
	op.Collection = parts[0]
	if len(parts) == 3 {
		op.ID = parts[2]
	}
	switch {
	case len(parts) == 2 && r.method == http.MethodPost:
		op.Action = record.ActionCreate
	case len(parts) == 2 && r.method == http.MethodPut:
		op.Action = record.ActionUpsert
	case op.ID != "" && r.method == http.MethodPatch:
		op.Action = record.ActionUpdate
	case op.ID != "" && r.method == http.MethodDelete:
		op.Action = record.ActionDelete
	default:
		return false
	}
	return true
}

// mergeHeaders returns the headers of the batch, overridden by those of the request, except two
// headers that hold for the whole batch.
func (r *batchRequest) mergeHeaders(outer map[string][]string) map[string][]string {
	merged, cloned := outer, false
	for name, value := range r.headers {
		name = http.CanonicalHeaderKey(name)
		if name == "Authorization" || name == "Content-Type" {
			continue
		}
		if !cloned {
			merged, cloned = maps.Clone(outer), true
		}
		merged[name] = []string{value.(string)}
	}
	return merged
}
