// Rules of channels: the record service judges whether a caller may join a channel or send to it.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// Admits reports whether the caller satisfies a rule of a channel: nil admits superusers only, ""
// everyone. channel holds the name of the channel, then the part of the name for each wildcard of
// its pattern. A rule that cannot be used admits nobody. reads are the names of the collections
// whose records the answer depends on, beside the caller's account. A rule that takes longer than
// the limit of a read is an Invalid fault; other errors are internal.
func (s *Service) Admits(ctx context.Context, c Caller, rule *string, channel []string) (admitted bool, reads []string, err error) {
	switch {
	case c.Superuser():
		return true, nil, nil
	case rule == nil:
		return false, nil, nil
	case *rule == "":
		return true, nil, nil
	}
	err = s.readWithRetry(c, func(rq *readRequest) error {
		request := rq.caller.request(nil)
		request.Channel = channel
		plan, err := s.planner.Compile(query.ChannelRule(rq.snapshot, request, rq.now, *rule))
		var invalid *query.Error
		switch {
		case errors.As(err, &invalid): // a later change of the collections may have broken the rule
			admitted, reads = false, nil
			return nil
		case err != nil || plan.Empty || plan.Passes:
			admitted = err == nil && plan.Passes
			return err
		}
		reads = plan.Tables
		return rq.read(ctx, plan.Work, func(r store.Reader) error {
			admitted, err = hasRow(r, plan.SQL, plan.Args...)
			return err
		})
	})
	return admitted, reads, readFault(err, fault.Forbidden)
}

// CheckChannelRule returns nil if channels with that many wildcards in their pattern may have the
// rule, else an error with a message for the author of the rule.
func (s *Service) CheckChannelRule(wildcards int, rule string) error {
	return query.CheckChannelRule(s.cfg.Snapshot(), wildcards, rule)
}
