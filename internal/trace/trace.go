// Package trace makes the spans of distributed tracing: a tree of timed pieces of work for each
// request. Spans are made only if the context has a Tracer. The methods Child, Set, End and
// Header of a nil *Span do nothing, so code that makes spans need not check for tracing.
package trace

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Tracer makes the spans of one program. It is safe for concurrent use.
type Tracer struct {
	ratio  float64
	export func(*Span)
}

// running is the number of Tracers made. While it is 0, as in most servers, Start and From do
// not search the context: their cost is one atomic load.
var running atomic.Int32

// New returns a Tracer. ratio is the sampling ratio, the part of the traces that is kept, from 0
// to 1. export is called with each span that has ended, by many goroutines at once; it must not
// block. The span no longer changes.
func New(ratio float64, export func(*Span)) *Tracer {
	running.Add(1)
	return &Tracer{ratio: ratio, export: export}
}

// Attribute is a fact about a span. Its value is a string, an int64, an int, or a bool.
type Attribute struct {
	Key   string
	Value any
}

// Attr returns an attribute.
func Attr(key string, value any) Attribute { return Attribute{key, value} }

// Kind is the role of a span in a call between programs, with the numbers of OpenTelemetry.
type Kind int

// The kinds of spans.
const (
	Internal Kind = 1
	Server   Kind = 2
	Client   Kind = 3
)

// Span is a timed piece of work. The exported fields are for the export function of the Tracer.
type Span struct {
	Trace  [16]byte
	ID     [8]byte
	Parent [8]byte // zero for the first span of a trace
	Name   string
	Kind   Kind
	Begin  time.Time
	Finish time.Time // zero until the end

	tracer *Tracer

	mu         sync.Mutex // guards the fields below
	attributes []Attribute
	failed     error
	ended      bool
}

type contextKey struct{}

// start is the value in a context from which Start begins spans.
type start struct {
	tracer *Tracer
	span   *Span // nil where the next span is the first of its trace
}

// With returns a context in which the next span is the first of a new trace of t. A nil t
// returns ctx.
func (t *Tracer) With(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, start{tracer: t})
}

// From returns the span of the context, nil if it has none.
func From(ctx context.Context) *Span {
	if running.Load() == 0 {
		return nil
	}
	s, _ := ctx.Value(contextKey{}).(start)
	return s.span
}

// Carry returns ctx with the Tracer and the span of from, for work that outlives from.
func Carry(ctx, from context.Context) context.Context {
	if running.Load() == 0 {
		return ctx
	}
	if s, ok := from.Value(contextKey{}).(start); ok {
		return context.WithValue(ctx, contextKey{}, s)
	}
	return ctx
}

// Start begins a child of the span in ctx, or the first span of a new trace if ctx has a Tracer
// and no span. The returned context has the new span. The span is nil if ctx has no Tracer, or
// if the trace is not sampled.
func Start(ctx context.Context, name string, kind Kind, attributes ...Attribute) (context.Context, *Span) {
	if running.Load() == 0 {
		return ctx, nil
	}
	at, ok := ctx.Value(contextKey{}).(start)
	switch {
	case !ok:
		return ctx, nil
	case at.span != nil:
		return at.span.below(ctx, name, kind, attributes)
	}
	return at.tracer.begin(ctx, name, kind, Remote{}, attributes)
}

// Continue begins the first span of this program in a trace that another program has begun, or
// in a new trace if remote is the zero Remote. The span is nil if t is nil, or if the trace is
// not sampled.
func (t *Tracer) Continue(ctx context.Context, name string, kind Kind, remote Remote) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	return t.begin(ctx, name, kind, remote, nil)
}

func (t *Tracer) begin(ctx context.Context, name string, kind Kind, remote Remote, attributes []Attribute) (context.Context, *Span) {
	s := &Span{tracer: t, Trace: remote.trace, Parent: remote.span, Name: name, Kind: kind, Begin: time.Now(), attributes: attributes}
	if !remote.known() {
		binary.BigEndian.PutUint64(s.Trace[:], rand.Uint64())
		binary.BigEndian.PutUint64(s.Trace[8:], rand.Uint64())
	}
	// The decision depends on the trace id alone, so programs with the same ratio keep the same
	// traces. A remote caller can leave a trace out, and cannot exceed the ratio.
	if remote.known() && !remote.sampled || float64(binary.BigEndian.Uint64(s.Trace[8:])>>11)/(1<<53) >= t.ratio {
		return context.WithValue(ctx, contextKey{}, nil), nil
	}
	binary.BigEndian.PutUint64(s.ID[:], rand.Uint64())
	return context.WithValue(ctx, contextKey{}, start{t, s}), s
}

func (s *Span) below(ctx context.Context, name string, kind Kind, attributes []Attribute) (context.Context, *Span) {
	child := s.child(name, kind, time.Now(), attributes)
	return context.WithValue(ctx, contextKey{}, start{s.tracer, child}), child
}

func (s *Span) child(name string, kind Kind, began time.Time, attributes []Attribute) *Span {
	child := &Span{tracer: s.tracer, Trace: s.Trace, Parent: s.ID, Name: name, Kind: kind, Begin: began, attributes: attributes}
	binary.BigEndian.PutUint64(child.ID[:], rand.Uint64())
	return child
}

// Child adds a child span for work that has ended already, and returns it. err is the error of
// the work, nil for success.
func (s *Span) Child(name string, kind Kind, began, ended time.Time, err error, attributes ...Attribute) *Span {
	if s == nil {
		return nil
	}
	child := s.child(name, kind, began, attributes)
	child.failed = err
	child.end(ended)
	return child
}

// Set adds attributes, unless the span has ended.
func (s *Span) Set(attributes ...Attribute) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.attributes = append(s.attributes, attributes...)
	}
}

// End ends the span and exports it. err is the error of the work, nil for success. Later calls
// do nothing.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	again := s.ended
	if !again {
		s.failed = err
	}
	s.mu.Unlock()
	if !again {
		s.end(time.Now())
	}
}

func (s *Span) end(at time.Time) {
	s.mu.Lock()
	s.ended, s.Finish = true, at
	s.mu.Unlock()
	s.tracer.export(s)
}

// Attributes returns the attributes of a span that has ended.
func (s *Span) Attributes() []Attribute { return s.attributes }

// Failed returns the error with which a span has ended, nil for success.
func (s *Span) Failed() error { return s.failed }

// Header returns the value of the header traceparent for an outgoing request that belongs to
// the span, "" if s is nil.
func (s *Span) Header() string {
	if s == nil {
		return ""
	}
	return "00-" + hex.EncodeToString(s.Trace[:]) + "-" + hex.EncodeToString(s.ID[:]) + "-01"
}

// Remote identifies a span of another program. The zero Remote identifies none.
type Remote struct {
	trace   [16]byte
	span    [8]byte
	sampled bool
}

func (r Remote) known() bool { return r.trace != [16]byte{} }

// ParseHeader parses the value of a header traceparent (W3C Trace Context). An invalid value
// gives the zero Remote.
func ParseHeader(header string) Remote {
	parts := strings.Split(header, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 ||
		parts[0] == "ff" || parts[0] == "00" && len(parts) > 4 || strings.ToLower(header) != header {
		return Remote{}
	}
	var r Remote
	var flags, version [1]byte
	for _, field := range []struct {
		to   []byte
		text string
	}{{version[:], parts[0]}, {r.trace[:], parts[1]}, {r.span[:], parts[2]}, {flags[:], parts[3]}} {
		if _, err := hex.Decode(field.to, []byte(field.text)); err != nil {
			return Remote{}
		}
	}
	if !r.known() || r.span == [8]byte{} {
		return Remote{}
	}
	r.sampled = flags[0]&1 == 1
	return r
}
