// Rules of channels: they have no record, only the caller, other collections, and @channel.name,
// @channel.1 and so on.

package query

import (
	"strconv"
	"time"

	"github.com/loambase/loam/core/internal/query/ir"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// channels is the base of rules of channels: a collection without fields, so that no field name
// can be resolved.
var channels = &schema.Collection{ID: "@channel", Name: "@channel"}

// ChannelRule returns the Select whose plan passes, or yields one row, if the caller satisfies
// a rule of the channel that the request names.
func ChannelRule(s *schema.Snapshot, request *Request, now time.Time, rule string) Select {
	return Select{Scope: Scope{Snapshot: s, Collection: channels, Request: request, Now: now}, Rule: rule, Candidate: []store.Value{}}
}

// CheckChannelRule returns nil if channels with that many wildcards in their pattern may have the
// rule, otherwise an *Error with the reason.
func CheckChannelRule(s *schema.Snapshot, wildcards int, rule string) error {
	sel := ChannelRule(s, &Request{Channel: make([]string, 1+wildcards)}, time.Time{}, rule)
	b := newBuilder(nil, &sel)
	_, err := b.rule(b.base, rule)
	return err
}

// channelIdent resolves @channel.<rest>. name is the whole identifier, for errors.
func (r *resolver) channelIdent(name, rest string) (ir.Operand, error) {
	p, err := parsePath(rest)
	if err != nil || len(p.parts) != 1 {
		return ir.Operand{}, unresolved(name)
	}
	part, known := p.parts[0], r.b.request().Channel
	at := 0
	if part != "name" {
		if at, err = strconv.Atoi(part); err != nil || at < 1 || strconv.Itoa(at) != part {
			return ir.Operand{}, unresolved(name)
		}
	}
	if at >= len(known) {
		return ir.Operand{}, unresolved(name)
	}
	return static(ir.Text(known[at]), p)
}
