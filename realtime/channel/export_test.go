package channel

import (
	"context"

	"github.com/loambase/loam/core/change"
)

// Committed calls the handler of commits, as core.App does.
func (r *Rooms) Committed(changes []change.Change) { r.committed(changes) }

// Doubts returns the number of changes that were collected since the start.
func (r *Rooms) Doubts() int64 { return r.doubt.count() }

// JudgeNow judges members again without the pause.
func (r *Rooms) JudgeNow(ctx context.Context) { r.judgeDoubted(ctx) }

// Kept returns the number of messages in the history of each named room; 0 for an unknown room.
func (r *Rooms) Kept(names ...string) (list []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		n := 0
		if in := r.rooms[name]; in != nil {
			in.mu.Lock()
			n = len(in.history.list)
			in.mu.Unlock()
		}
		list = append(list, n)
	}
	return list
}
