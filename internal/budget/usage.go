// The figures of use of a Budget.

package budget

import "time"

// Usage is what a Budget is used for at a moment.
type Usage struct {
	Total, Held int64
	Callers     int           // who hold something or wait
	Waiting     int           // acquisitions that wait
	Granted     uint64        // acquisitions since the start that got their units
	Refused     uint64        // and those that did not
	Waited      time.Duration // of all acquisitions together
}

// Usage returns the figures of use.
func (b *Budget) Usage() Usage {
	if b == nil {
		return Usage{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return Usage{
		Total: b.cfg.Total, Held: b.held, Callers: len(b.accounts), Waiting: b.waiting(),
		Granted: b.granted, Refused: b.refused, Waited: b.waited,
	}
}
