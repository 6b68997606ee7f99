// The figures of use of a Budget.

package budget

import "time"

// Usage holds the figures of use of a Budget at a moment.
type Usage struct {
	Total, Held int64
	Callers     int           // callers who hold units or wait
	Waiting     int           // waiting acquisitions
	Granted     uint64        // successful acquisitions since the start
	Refused     uint64        // refused acquisitions since the start
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
