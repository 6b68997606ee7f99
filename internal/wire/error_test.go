package wire

import (
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"testing"

	"github.com/loambase/loam/core/fault"
)

func TestErrorEnvelope(t *testing.T) {
	t.Parallel()
	nested := fault.Fields{}
	nested.Set(fault.Leaf("validation_required", "cannot be blank"), "mfa", "enabled")
	nested.Set(fault.Leaf("validation_length_too_long", "The length must be no more than 3", "min", 0, "max", 3), "fields", "3", "name")
	inner := fault.Leaf("batch_request_failed", "Batch request failed")
	inner.Inner = fault.Invalidate("Failed to create record.", fault.Fields{"title": fault.Leaf("validation_required", "Cannot be blank")})

	tests := []struct {
		name      string
		err       error
		superuser bool
		status    int
		body      string
	}{
		{"invalid", fault.New(fault.Invalid, ""), false, 400,
			`{"data":{},"message":"Something went wrong while processing your request.","status":400}`},
		{"unauthenticated", fault.New(fault.Unauthenticated, ""), false, 401,
			`{"data":{},"message":"Missing or invalid authentication.","status":401}`},
		{"forbidden", fault.New(fault.Forbidden, ""), false, 403,
			`{"data":{},"message":"You are not allowed to perform this request.","status":403}`},
		{"not found", fault.New(fault.NotFound, ""), false, 404,
			`{"data":{},"message":"The requested resource wasn't found.","status":404}`},
		{"too large", fault.New(fault.TooLarge, ""), false, 413,
			`{"data":{},"message":"Request entity too large.","status":413}`},
		{"too many", fault.New(fault.TooMany, ""), false, 429, `{"data":{},"message":"Too Many Requests.","status":429}`},
		{"unavailable", fault.New(fault.Unavailable, ""), false, 503,
			`{"data":{},"message":"The server cannot do this at the moment.","status":503}`},
		{"no fault", errors.New("secret"), true, 500,
			`{"data":{},"message":"Something went wrong while processing your request.","status":500}`},
		{"internal fault", fault.New(fault.Internal, "secret"), true, 500,
			`{"data":{},"message":"Something went wrong while processing your request.","status":500}`},
		{"wrapped", fmt.Errorf("read: %w", fault.New(fault.NotFound, "gone away")), false, 404,
			`{"data":{},"message":"Gone away.","status":404}`},
		{"cause", fault.Wrap(fault.Invalid, "a <b> & c", errors.New("secret")), true, 400,
			`{"data":{},"message":"A <b> & c.","status":400}`},
		{"nested", fault.Invalidate("x", nested), false, 400,
			`{"data":{"fields":{"3":{"name":{"code":"validation_length_too_long","message":"The length must be no more than 3.",` +
				`"params":{"max":3,"min":0}}}},"mfa":{"enabled":{"code":"validation_required","message":"Cannot be blank."}}},"message":"X.","status":400}`},
		{"unknown leaf", fault.Invalidate("x", fault.Fields{"a": {}, "b": nil}), false, 400,
			`{"data":{"a":{"code":"validation_invalid_value","message":"Invalid value."},` +
				`"b":{"code":"validation_invalid_value","message":"Invalid value."}},"message":"X.","status":400}`},
		{"inner", fault.Invalidate("x", fault.Fields{"requests": {Fields: fault.Fields{"1": inner}}}), false, 400,
			`{"data":{"requests":{"1":{"code":"batch_request_failed","message":"Batch request failed.","response":` +
				`{"data":{"title":{"code":"validation_required","message":"Cannot be blank."}},"message":"Failed to create record.","status":400}` +
				`}}},"message":"X.","status":400}`},
		{"parameter that JSON cannot hold", fault.Invalidate("x", fault.Fields{"n": fault.Leaf("c", "m", "max", math.Inf(1))}), false, 400,
			`{"data":{"n":{"code":"c","message":"M."}},"message":"X.","status":400}`},
		{"reason for others", &fault.Error{Kind: fault.Invalid, Reason: "unknown field"}, false, 400,
			`{"data":{},"message":"Something went wrong while processing your request.","status":400}`},
		{"reason for superusers", &fault.Error{Kind: fault.Invalid, Reason: "unknown field"}, true, 400,
			`{"data":{},"message":"Something went wrong while processing your request.","status":400,"reason":"unknown field"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			Error(w, test.err, test.superuser)
			if w.Code != test.status {
				t.Errorf("status = %d, want %d", w.Code, test.status)
			}
			if got := w.Body.String(); got != test.body {
				t.Errorf("body = %s\nwant   %s", got, test.body)
			}
			if got := w.Header().Get("Retry-After"); (got != "") != (test.status == 429 || test.status == 503) {
				t.Errorf("Retry-After = %q with status %d", got, test.status)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type = %q, want application/json", got)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "  ": "", "a": "A.", " done ": "Done.", "Why?": "Why?", "Stop!": "Stop!", "It is.": "It is.",
		"élan": "Élan.", "'x' is not": "'x' is not.", "end …": "End ….",
	} {
		if got := Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
