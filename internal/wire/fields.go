package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/loambase/loam/core/schema"
)

// Fields is which parts of an answer are wanted (docs/wire/records.md §6.2). The
// nil Fields wants all of it. It is immutable.
type Fields struct{ root *node }

// node is what is wanted of one level. A node without children wants all of it.
type node struct {
	children map[string]*node
	rest     *node // what "*" says about the keys that are not mentioned
	excerpt  *excerpt
}

func (n *node) all() bool { return len(n.children) == 0 && n.rest == nil }

// inside is what is wanted of the values in a list or object that is wanted whole:
// all of them as they are.
func (n *node) inside() *node {
	if n.excerpt == nil {
		return n
	}
	return &node{}
}

// child is what is wanted of the value at key, nil if nothing.
func (n *node) child(key []byte) *node {
	if n.all() {
		return n.inside()
	}
	if c := n.children[string(key)]; c != nil {
		return c
	}
	return n.rest
}

// Append appends what is wanted of value, a JSON text: of an object, or of each
// object of a list. Objects are written in the order of their keys, at each level. Of a
// request that has ended (ctx), excerpts are empty.
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

// array passes on what is wanted to every item.
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

// member is one wanted key of an object and where its text begins and ends in the
// result.
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

// sortMembers brings the members, each with its comma, in the order of the keys.
func sortMembers(dst []byte, start int, members []member) {
	text := bytes.Clone(dst[start:])
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	at := start
	for _, m := range members {
		at += copy(dst[at:], text[m.start-start:m.end-start])
	}
}

// unquote is the text that a JSON string stands for.
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
