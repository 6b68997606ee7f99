// Rules of channels: the record service judges whether a caller may join one or send to it.

package record

import (
	"context"
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
)

// Admits reports whether the caller satisfies a rule of a channel. nil is for superusers, ""
// for everyone. channel is its name, and what each wildcard of its pattern stands for. A rule
// that cannot be used admits nobody. reads are the names of the collections whose records the
// answer depends on, beside the caller's account. A rule that takes longer than a read may is
// an Invalid fault; other errors are internal.
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
		case errors.As(err, &invalid): // whoever changed the collections since was not asked
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

// CheckChannelRule returns nil if channels with that many wildcards in their pattern may have
// the rule, else an error for whoever wrote it.
func (s *Service) CheckChannelRule(wildcards int, rule string) error {
	return query.CheckChannelRule(s.cfg.Snapshot(), wildcards, rule)
}
