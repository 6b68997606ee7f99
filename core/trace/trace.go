// Package trace follows a request through the program: spans with times, in a tree. Spans
// are made only below a Tracer that is in the context, and a nil *Span takes every call and does
// nothing, so code that makes spans never asks whether anybody wants them.
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

// running is how many Tracers have been made. While it is 0, which is so in most servers, no
// context is searched: one load is the cost of a span that nobody wants.
var running atomic.Int32

// New returns a Tracer. ratio is the part of the traces that is kept, from 0 to 1. export is
// called with each span that has ended; it must not block, and the span is not changed any more.
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

// Kind is the part that a span has in a conversation between programs, by the numbers of
// OpenTelemetry.
type Kind int

// The kinds of spans.
const (
	Internal Kind = 1
	Server   Kind = 2
	Client   Kind = 3
)

// Span is a piece of work. Its fields are for the one who exports it.
type Span struct {
	Trace  [16]byte
	ID     [8]byte
	Parent [8]byte // zero for the first span of a trace
	Name   string
	Kind   Kind
	Begin  time.Time
	Finish time.Time // zero until the end

	tracer *Tracer

	mu         sync.Mutex // guards what follows
	attributes []Attribute
	failed     error
	ended      bool
}

type contextKey struct{}

// start is the value in a context: where spans begin.
type start struct {
	tracer *Tracer
	span   *Span // nil where the next span is the first of its trace
}

// With returns a context in which the next span is the first one of a trace.
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

// Start begins a span below that of the context, or the first one of a trace where the context
// has only a Tracer. Without one, and in a trace that is not kept, the span is nil and the
// context is ctx.
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

// Continue begins the first span of this program in a trace that another program has begun,
// or in a new one if remote is the zero Remote.
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
	// The others of the trace that keep the same part of all decide alike. A caller may leave a
	// trace out, and cannot have more kept than the program wants.
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

// Child adds work below the span that has ended already, and returns its span.
func (s *Span) Child(name string, kind Kind, began, ended time.Time, err error, attributes ...Attribute) *Span {
	if s == nil {
		return nil
	}
	child := s.child(name, kind, began, attributes)
	child.failed = err
	child.end(ended)
	return child
}

// Set adds attributes.
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

// End ends the span; err is why its work has failed, nil if it has not. Later calls do nothing.
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

// Failed returns why the work of a span that has ended has failed, nil if it has not.
func (s *Span) Failed() error { return s.failed }

// Header returns the value of the header traceparent for a request that belongs to the span,
// "" for a nil one.
func (s *Span) Header() string {
	if s == nil {
		return ""
	}
	return "00-" + hex.EncodeToString(s.Trace[:]) + "-" + hex.EncodeToString(s.ID[:]) + "-01"
}

// Remote is a span of another program. The zero Remote is none.
type Remote struct {
	trace   [16]byte
	span    [8]byte
	sampled bool
}

func (r Remote) known() bool { return r.trace != [16]byte{} }

// ParseHeader reads the header traceparent (W3C Trace Context). What is not valid is the zero
// Remote.
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
