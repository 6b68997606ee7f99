// The sizes of a server's budgets, and the budgets with these sizes.

package budget

import (
	"cmp"
	"runtime"
	"time"

	"github.com/loambase/loam/core/fault"
)

// Limits holds the sizes of a server's budgets. A field that is zero has its default.
type Limits struct {
	// Memory is the memory of the process in bytes, from which the other defaults are computed;
	// default Memory().
	Memory int64

	// Answers is the maximum number of bytes of answers in memory, while they are built or sent;
	// default a sixteenth of Memory, between 32 and 96 MiB.
	Answers int64

	// Bodies is the maximum number of bytes of bodies in memory while the bodies arrive; default
	// that of Answers.
	Bodies int64

	// Caches is the maximum size of the page caches of SQLite in bytes; default a quarter of
	// Memory, but at most 64 MiB plus 64 MiB for each processor.
	Caches int64

	// Page is the maximum number of bytes of the records of one answer for callers who are not
	// superusers, and again of the expanded records of the answer; default 16 MiB.
	Page int64

	// Cascade is the maximum number of records that the deletions of one write may delete or
	// change for callers who are not superusers; default 10,000.
	Cascade int
}

// WithDefaults returns the limits with all sizes set.
func (l Limits) WithDefaults() Limits {
	const MiB = 1 << 20
	l.Memory = cmp.Or(l.Memory, Memory())
	part := min(max(l.Memory/16, 32*MiB), 96*MiB)
	l.Answers, l.Bodies, l.Page = cmp.Or(l.Answers, part), cmp.Or(l.Bodies, part), cmp.Or(l.Page, 16*MiB)
	l.Caches = cmp.Or(l.Caches, min(l.Memory/4, int64(1+runtime.GOMAXPROCS(0))*64*MiB))
	l.Cascade = cmp.Or(l.Cascade, 10_000)
	return l
}

// Heap returns the size of the heap of a server whose callers hold all that the limits allow,
// without the caches of the database.
func (l Limits) Heap() int64 {
	l = l.WithDefaults()
	return serverHeap + l.Answers + l.Bodies
}

// serverHeap is the memory of a server without the memory of callers.
const serverHeap = 32 << 20

// Budgets holds the budgets of a server.
type Budgets struct {
	Limits Limits // all set

	Answers *Budget // bytes
	Bodies  *Budget // bytes; a caller who has to wait holds nothing, so waiting is better than a refusal
	Heavy   *Budget // bodies of very many values that are being processed
	Topics  *Budget // bytes of the topics that clients of realtime are subscribed to
	Images  *Budget // bytes of images that are decoded for thumbs
}

// heavyBodies returns the number of bodies of very many values that are processed at a time: such a
// body takes about 130 MiB at most, and a processor for half a second.
func heavyBodies() int64 { return int64(min(max(2, runtime.GOMAXPROCS(0)), 4)) }

// ForServer returns the budgets of a server with these limits.
func ForServer(l Limits) *Budgets {
	l = l.WithDefaults()
	return &Budgets{
		Limits:  l,
		Answers: New(Config{Total: l.Answers, Share: l.Answers / 4, Reserve: l.Answers / 4}),
		Bodies: New(Config{
			Total: l.Bodies, Share: l.Bodies / 4, Reserve: l.Bodies / 4, Queue: 64, Wait: 10 * time.Second,
			Refusal: fault.Unavailable,
		}),
		Heavy:  New(Config{Total: heavyBodies(), Share: 1, Reserve: 1, Queue: 4, Wait: 10 * time.Second}),
		Topics: New(Config{Total: l.Answers, Share: l.Answers / 4, Reserve: l.Answers / 4}),
		Images: New(Config{Total: l.Answers, Share: l.Answers, Queue: 64, Wait: time.Minute}),
	}
}

// Usage returns the figures of use by name: "answers", "bodies", "heavyBodies",
// "topics", "images".
func (b *Budgets) Usage() map[string]Usage {
	return map[string]Usage{"answers": b.Answers.Usage(), "bodies": b.Bodies.Usage(), "heavyBodies": b.Heavy.Usage(), "topics": b.Topics.Usage(), "images": b.Images.Usage()}
}
