package channel

import (
	"context"

	"github.com/loambase/loam/core/change"
)

// Committed is what the feed of commits calls.
func (r *Rooms) Committed(changes []change.Change) { r.committed(changes) }

// Doubts counts the changes that were collected.
func (r *Rooms) Doubts() int64 { return r.doubt.count() }

// JudgeNow judges members again without the pause.
func (r *Rooms) JudgeNow(ctx context.Context) { r.judgeDoubted(ctx) }

// Kept returns how many messages each of the rooms keeps.
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
