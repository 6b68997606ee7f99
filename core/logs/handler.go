// The slog.Handler that stores the messages of a program in the logs, beside the console.

package logs

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/loambase/loam/core/schema"
)

// Handler returns a handler that passes records to the console and keeps them as entries. The
// console and the Service each have their own minimum level.
func (s *Service) Handler(console slog.Handler) slog.Handler { return &handler{s: s, console: console} }

type handler struct {
	s       *Service
	console slog.Handler
	scopes  []scope // groups and attributes of WithGroup and WithAttrs, outermost first
}

// scope is a group or attributes.
type scope struct {
	group string
	attrs []slog.Attr
}

func (h *handler) with(sc scope, console slog.Handler) *handler {
	return &handler{s: h.s, console: console, scopes: append(slices.Clip(h.scopes), sc)}
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(scope{attrs: attrs}, h.console.WithAttrs(attrs))
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(scope{group: name}, h.console.WithGroup(name))
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.console.Enabled(ctx, level) || h.s.Keeps(level)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	h.keep(&r)
	if !h.console.Enabled(ctx, r.Level) {
		return nil
	}
	return h.console.Handle(ctx, r)
}

// keep adds an entry of the record, if the settings keep entries of its level.
func (h *handler) keep(r *slog.Record) {
	e := h.s.Entry(r.Level)
	if e == nil {
		return
	}
	e.Message(r.Message)
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	for _, sc := range slices.Backward(h.scopes) {
		if sc.group != "" {
			attrs = []slog.Attr{{Key: sc.group, Value: slog.GroupValue(attrs...)}}
		} else {
			attrs = slices.Concat(sc.attrs, attrs)
		}
	}
	for _, a := range attrs {
		if a.Key != "" {
			e.Value(a.Key, a.Value)
		}
	}
	e.Add()
}

// appendValue appends the value as JSON: errors and durations as texts, groups as objects.
func appendValue(dst []byte, v slog.Value) []byte {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindString:
		return schema.AppendString(dst, plain(v.String()))
	case slog.KindInt64, slog.KindUint64, slog.KindBool:
		return append(dst, v.String()...)
	case slog.KindFloat64:
		return schema.AppendNumber(dst, v.Float64())
	case slog.KindTime:
		return schema.AppendString(dst, schema.FormatTime(v.Time()))
	case slog.KindDuration:
		return schema.AppendString(dst, v.Duration().String())
	case slog.KindGroup:
		dst = append(dst, '{')
		for i, a := range v.Group() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(schema.AppendString(dst, plain(a.Key)), ':')
			dst = appendValue(dst, a.Value)
		}
		return append(dst, '}')
	}
	return appendAny(dst, v.Any())
}

// appendAny appends a value of any type. For a value that panics while it is encoded, the entry
// says so, and the caller of the logger goes on.
func appendAny(dst []byte, v any) (out []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			out = schema.AppendString(dst, fmt.Sprintf("panic: %v", cause))
		}
	}()
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case error:
		return schema.AppendString(dst, plain(v.Error()))
	case fmt.Stringer:
		return schema.AppendString(dst, plain(v.String()))
	}
	return schema.AppendString(dst, plain(fmt.Sprintf("%+v", v)))
}
