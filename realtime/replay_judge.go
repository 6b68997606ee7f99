// Judgements of changes for replays. After an interruption many clients resume from the same
// position and need the same changes at about the same time, so they share the judgements.

package realtime

import (
	"context"
	"sync"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/record"
)

// maxReplays is the maximum number of judgements for replays that run at the same time.
const maxReplays = 4

// judgements is the queue of changes that replays need judged.
type judgements struct {
	ready chan struct{} // capacity maxReplays; receives when a judgement is queued

	mu    sync.Mutex // guards the fields below
	open  map[judgementKey]*judgement
	queue []*judgement // the judgements of open, in the order of their first requests
}

// judgementKey identifies a judgement that has not begun. Subscriptions of one group have the same
// options pointer.
type judgementKey struct {
	at      place
	options *options
	change  change.Position
}

// judgement judges one change for all accounts that were added before it began, in one transaction.
// Accounts that see the same share one message.
type judgement struct {
	judgementKey
	what  *change.Change
	auth  []*record.Record
	known map[string]int // indexes of auth, by the names of accounts

	done chan struct{} // closed when the fields below are set
	told []told        // an element for each account of auth
	err  error
}

// told is the result of a judgement for one account.
type told struct {
	action change.Action
	data   []byte // the data of the event; nil: the account does not see the change
}

// add adds an account to the open judgement of a change, or to a new judgement. It returns the
// judgement and the index of the account in auth.
func (q *judgements) add(t *topic, c *change.Change, auth *record.Record) (*judgement, int) {
	key := judgementKey{t.place(), t.options, c.Position()}
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.open[key]
	if j == nil {
		j = &judgement{judgementKey: key, what: c, known: map[string]int{}, done: make(chan struct{})}
		q.open[key] = j
		q.queue = append(q.queue, j)
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	i, ok := j.known[account(auth)]
	if !ok {
		i = len(j.auth)
		j.known[account(auth)] = i
		j.auth = append(j.auth, auth)
	}
	return j, i
}

// begin takes the first judgement from the queue, after which add adds no account to it. begin
// returns nil if the queue is empty.
func (q *judgements) begin() *judgement {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.queue) == 0 {
		return nil
	}
	j := q.queue[0]
	q.queue[0] = nil
	q.queue = q.queue[1:]
	delete(q.open, j.judgementKey)
	return j
}

// judge judges a change for an account and a subscription. The records are read after the call has
// begun, never before.
func (h *Hub) judge(ctx context.Context, t *topic, c *change.Change, auth *record.Record) (told, error) {
	j, i := h.judgements.add(t, c, auth)
	select {
	case <-ctx.Done():
		return told{}, ctx.Err()
	case <-j.done:
	}
	if j.err != nil {
		return told{}, j.err
	}
	return j.told[i], nil
}

// judgeReplays runs the judgements of the queue until ctx ends.
func (h *Hub) judgeReplays(ctx context.Context) error {
	var workers sync.WaitGroup
	for range maxReplays {
		workers.Go(func() {
			for ctx.Err() == nil {
				if j := h.judgements.begin(); j != nil {
					h.decide(ctx, j)
					continue
				}
				select {
				case <-ctx.Done():
				case <-h.judgements.ready:
				}
			}
		})
	}
	workers.Wait()
	return nil
}

// decide runs a judgement. If ctx ends, done is not closed: the callers of judge return because
// their own contexts end with the server too.
func (h *Hub) decide(ctx context.Context, j *judgement) {
	a := j.options.audience(ctx, j.at)
	a.Transitions, a.Auth = true, j.auth
	shown, err := h.app.Records().Show(ctx, a.Audience, *j.what)
	if ctx.Err() != nil {
		return
	}
	made := messages{}
	for _, s := range shown {
		j.told = append(j.told, told{s.Action, made.of(a, s)})
	}
	j.err = err
	close(j.done)
}
