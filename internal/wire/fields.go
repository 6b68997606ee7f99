package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/schema"
)

// Fields selects parts of an answer (docs/wire/records.md §6.2). The nil Fields selects the whole
// answer. A Fields is immutable.
type Fields struct{ root *node }

// node selects keys of one level. A node without children selects the whole value.
type node struct {
	children map[string]*node
	rest     *node // the node of "*", for keys that have no node
	excerpt  *excerpt
}

func (n *node) all() bool { return len(n.children) == 0 && n.rest == nil }

// inside returns the node for the values in a list or an object that is selected as a whole: the
// values are selected as a whole too, without an excerpt.
func (n *node) inside() *node {
	if n.excerpt == nil {
		return n
	}
	return &node{}
}

// child returns the node of the value at key, nil if the value is not selected.
func (n *node) child(key []byte) *node {
	if n.all() {
		return n.inside()
	}
	if c := n.children[string(key)]; c != nil {
		return c
	}
	return n.rest
}

// Append appends the selected parts of value, the JSON text of an object or a list of objects.
// Objects are written with sorted keys, at each level. After the end of ctx excerpts are empty.
func (f *Fields) Append(ctx context.Context, dst, value []byte) []byte {
	if f == nil {
		return append(dst, value...)
	}
	p := picker{src: value, done: ctx.Done()}
	return p.value(dst, f.root)
}

// picker walks over a valid JSON text once.
type picker struct {
	src  []byte
	at   int
	done <-chan struct{} // closed when the request has ended
}

func (p *picker) value(dst []byte, n *node) []byte {
	p.space()
	if p.at >= len(p.src) {
		return dst
	}
	switch p.src[p.at] {
	case '{':
		return p.object(dst, n)
	case '[':
		return p.array(dst, n)
	case '"':
		raw := p.text()
		if n.excerpt != nil {
			return schema.AppendString(dst, n.excerpt.of(string(unquote(raw)), p.done))
		}
		return append(dst, raw...)
	}
	return append(dst, p.word()...)
}

// array applies the node to every item.
func (p *picker) array(dst []byte, n *node) []byte {
	dst = append(dst, '[')
	p.at++
	if n.all() {
		n = n.inside()
	}
	for first := true; p.more(']'); first = false {
		if !first {
			dst = append(dst, ',')
		}
		dst = p.value(dst, n)
	}
	return append(dst, ']')
}

// member is a selected key of an object, and the offsets of its text in the result.
type member struct {
	key        []byte
	start, end int
}

func (p *picker) object(dst []byte, n *node) []byte {
	dst = append(dst, '{')
	p.at++
	var room [32]member // most objects need no more
	members, sorted := room[:0], true
	start := len(dst)
	for p.more('}') {
		raw := p.text()
		key := unquote(raw)
		p.space()
		p.at++ // the colon
		wanted := n.child(key)
		if wanted == nil {
			p.skip()
			continue
		}
		m := member{key: key, start: len(dst)}
		dst = append(dst, raw...)
		dst = append(dst, ':')
		dst = p.value(dst, wanted)
		dst = append(dst, ',')
		m.end = len(dst)
		if len(members) > 0 && bytes.Compare(members[len(members)-1].key, key) > 0 {
			sorted = false
		}
		members = append(members, m)
	}
	if !sorted {
		sortMembers(dst, start, members)
	}
	if len(members) > 0 {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '}')
}

// sortMembers sorts the members, each with its comma, by their keys.
func sortMembers(dst []byte, start int, members []member) {
	text := bytes.Clone(dst[start:])
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	at := start
	for _, m := range members {
		at += copy(dst[at:], text[m.start-start:m.end-start])
	}
}

// unquote returns the decoded text of a JSON string.
func unquote(raw []byte) []byte {
	if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return raw
	}
	return []byte(s)
}
