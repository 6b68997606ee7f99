package trace

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for header, want := range map[string]struct{ known, sampled bool }{
		good: {true, true},
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00":      {true, false},
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more": {true, true}, // of a later version
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more": {},
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":      {},
		"00-00000000000000000000000000000000-b7ad6b7169203331-01":      {},
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01":      {},
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01":      {},
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331":         {},
		"zz-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":      {},
		"00-gaf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":      {},
		"": {},
	} {
		if r := ParseHeader(header); r.known() != want.known || r.sampled != want.sampled {
			t.Errorf("ParseHeader(%q) = %+v, want %+v", header, r, want)
		}
	}
	var last *Span
	_, s := New(1, func(s *Span) { last = s }).Continue(t.Context(), "a", Server, ParseHeader(good))
	if r := ParseHeader(s.Header()); !r.sampled || r.trace != ParseHeader(good).trace || r.span != s.ID || s.Parent != ParseHeader(good).span {
		t.Errorf("the header of the span is %q", s.Header())
	}
	if s.End(nil); last != s {
		t.Error("the span was not exported")
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	var spans []*Span
	tracer := New(1, func(s *Span) { spans = append(spans, s) })
	ctx, root := Start(tracer.With(t.Context()), "root", Internal)
	failure := errors.New("it failed")
	below, child := Start(ctx, "child", Client, Attr("a", "b"))
	From(below).Child("grandchild", Client, time.Now(), time.Now(), failure)
	child.Set(Attr("c", 1))
	child.End(nil)
	child.End(failure)
	root.End(nil)
	if len(spans) != 3 {
		t.Fatalf("%d spans were exported", len(spans))
	}
	if s := spans[0]; s.Name != "grandchild" || s.Parent != child.ID || s.Failed() != failure || s.Trace != root.Trace {
		t.Errorf("the grandchild is %+v", s)
	}
	if s := spans[1]; s != child || s.Parent != root.ID || len(s.Attributes()) != 2 || s.Failed() != nil || s.Finish.IsZero() {
		t.Errorf("the child is %+v", s)
	}
	if root.Parent != [8]byte{} || root.Trace == [16]byte{} {
		t.Errorf("the root is %+v", root)
	}
}

// TestCarry checks that Carry adds the span of a request to the context of work that outlives the
// request.
func TestCarry(t *testing.T) {
	t.Parallel()
	tracer := New(1, func(*Span) {})
	request, end := context.WithCancel(t.Context())
	request, span := Start(tracer.With(request), "request", Server)
	end()
	ctx := Carry(t.Context(), request)
	if _, child := Start(ctx, "work", Internal); ctx.Err() != nil || child == nil || child.Parent != span.ID {
		t.Errorf("the child is %+v, and the context %v", child, ctx.Err())
	}
	if ctx := Carry(t.Context(), t.Context()); ctx != t.Context() {
		t.Error("a context without a span is changed")
	}
}

func TestRatio(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64][2]int{0: {0, 0}, 1: {1000, 1000}, 0.25: {180, 320}} {
		tracer, kept := New(ratio, func(*Span) {}), 0
		for range 1000 {
			ctx, s := tracer.Continue(t.Context(), "a", Server, Remote{})
			if _, child := Start(ctx, "b", Internal); (child == nil) != (s == nil) {
				t.Fatal("a part of a trace is kept")
			}
			if s != nil {
				kept++
			}
		}
		if kept < want[0] || kept > want[1] {
			t.Errorf("with %v of all, %d of 1000 are kept", ratio, kept)
		}
	}
	// A client cannot have more of its traces kept than the share that is configured.
	if _, s := New(0, func(*Span) {}).Continue(t.Context(), "a", Server, Remote{trace: [16]byte{15: 1}, span: [8]byte{1}, sampled: true}); s != nil {
		t.Error("a client has its trace kept")
	}
}

func TestNobodyTraces(t *testing.T) {
	t.Parallel()
	ctx, s := Start(t.Context(), "a", Internal)
	if ctx != t.Context() || s != nil || From(ctx) != nil {
		t.Error("a span is made that nobody wants")
	}
	s.Set(Attr("a", 1))
	s.Child("b", Client, time.Now(), time.Now(), nil).End(nil)
	s.End(nil)
	if s.Header() != "" {
		t.Error("no span has a header")
	}
	var none *Tracer
	if ctx := none.With(t.Context()); ctx != t.Context() {
		t.Error("no tracer is in the context")
	}
}

// BenchmarkOff measures the cost of a span in a process without a Tracer.
func BenchmarkOff(b *testing.B) {
	ctx := context.WithoutCancel(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		_, s := Start(ctx, "a", Internal)
		s.End(nil)
	}
}
