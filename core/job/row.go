// The rows of the table _jobs, and the claim of a run in such a row.

package job

import (
	"context"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// row holds the data of a job in the table. Unknown times are zero.
type row struct {
	expression string    // the expression of slot; "" for a job that does not catch up
	slot       time.Time // the last minute for which the job was run, or did not have to run
	node       string    // the server of the last run
	started    time.Time // the beginning of the last run
	until      time.Time // the time at which the run counts as ended without an end in the table
	failure    string    // of the last run
}

const columns = `"id", "expression", "slot", "node", "started", "until", "failure"`

// readRows reads the rows of the jobs with these ids, or of all jobs.
func readRows(r store.Reader, ids ...string) (map[string]row, error) {
	sql, args := `SELECT `+columns+` FROM "_jobs"`, []store.Value(nil)
	for _, id := range ids { // no id or one
		sql, args = sql+` WHERE "id" = $1`, append(args, store.Text(id))
	}
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	known := map[string]row{}
	for rows.Next() {
		known[rows.Text(0)] = row{
			expression: rows.Text(1), slot: timeOf(rows.Int(2)), node: rows.Text(3),
			started: timeOf(rows.Int(4)), until: timeOf(rows.Int(5)), failure: rows.Text(6),
		}
	}
	return known, rows.Close()
}

func writeRow(tx store.Tx, id string, r row) error {
	_, err := tx.Exec(`INSERT INTO "_jobs" (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ("id") DO UPDATE SET `+
		`"expression" = excluded."expression", "slot" = excluded."slot", "node" = excluded."node", `+
		`"started" = excluded."started", "until" = excluded."until", "failure" = excluded."failure"`,
		store.Text(id), store.Text(r.expression), millis(r.slot), store.Text(r.node), millis(r.started), millis(r.until), store.Text(r.failure))
	return err
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) store.Value {
	if t.IsZero() {
		return store.Int(0)
	}
	return store.Int(t.UnixMilli())
}

// verdict is the decision whether a job runs.
type verdict uint8

const (
	notDue  verdict = iota // or another server has handled the slot
	begins                 // the job runs here, now
	stillOn                // the run before has not ended
)

const (
	// lease is the time after which a server that has not renewed the lease of a running job counts
	// as lost; renewEvery is the interval of renewals.
	lease      = time.Minute
	renewEvery = 20 * time.Second

	// wrongClock is the maximum distance of a slot from the present: a slot beyond was claimed by a
	// wrong clock, and would prevent runs of the job until that time.
	wrongClock = 24 * time.Hour
)

// interrupted is the failure in the row of a running job: it stays if the process ends before the
// run.
const interrupted = "The server ended before the job had."

// held reports whether another server runs the job.
func (s *Service) held(known row, now time.Time) bool {
	return !s.cfg.Alone && known.until.After(now)
}

// judge decides whether the job runs in that minute, zero for a run by hand, given the known row.
// next is the row to be stored.
func (s *Service) judge(e *entry, known row, minute, now time.Time) (v verdict, next row) {
	next = known
	if !minute.IsZero() && !e.due(&next, minute) {
		return notDue, next
	}
	if s.held(known, now) {
		return stillOn, known
	}
	if !minute.IsZero() {
		next.slot = minute
	}
	next.node, next.started, next.until, next.failure = s.node, now.Truncate(time.Millisecond), now.Add(lease), interrupted
	return begins, next
}

// due reports whether the minute is a slot of the job that no server has handled. It corrects the
// known row.
func (e *entry) due(known *row, minute time.Time) bool {
	if known.slot.After(minute.Add(wrongClock)) {
		known.slot = time.Time{}
	}
	if !e.CatchUp {
		known.expression = ""
		return known.slot.Before(minute) && e.schedule.Matches(minute)
	}
	if known.slot.IsZero() || known.expression != e.schedule.String() {
		known.slot, known.expression = e.since, e.schedule.String()
	}
	return e.missed(known.slot, minute)
}

// missed reports whether there was a slot after the minute seen, up to minute.
func (e *entry) missed(seen, minute time.Time) bool {
	next := e.schedule.Next(seen)
	return !next.IsZero() && !next.After(minute)
}

// claim judges in one transaction, so that two servers cannot both begin, and writes the changed
// row. minute is zero for a run by hand.
func (s *Service) claim(ctx context.Context, e *entry, minute time.Time) (v verdict, claimed row, err error) {
	err = s.cfg.Store.Write(ctx, func(tx store.Tx) error {
		rows, err := readRows(tx, e.ID)
		if err != nil {
			return err
		}
		known := rows[e.ID]
		if v, claimed = s.judge(e, known, minute, s.cfg.Now()); claimed == known {
			return nil
		}
		return writeRow(tx, e.ID, claimed)
	})
	return v, claimed, err
}

// note writes the time from which a run of a new job with CatchUp can be missed. Otherwise the
// first attempt, up to a minute later, would write it: a server that stopped before would leave no
// trace of the job.
func (s *Service) note(ctx context.Context, e *entry) error {
	return s.cfg.Store.Write(ctx, func(tx store.Tx) error {
		rows, err := readRows(tx, e.ID)
		if err != nil {
			return err
		}
		known := rows[e.ID]
		next := known
		if e.due(&next, e.since) || next == known { // a job that is due is attempted soon
			return nil
		}
		return writeRow(tx, e.ID, next)
	})
}

// renew extends the lease of a run, for other servers.
func (s *Service) renew(ctx context.Context, id string, claimed row) error {
	return s.update(ctx, id, claimed, `"until" = $4`, millis(s.cfg.Now().Add(lease)))
}

// release stores the end of a run.
func (s *Service) release(ctx context.Context, id string, claimed row, failure string) error {
	return s.update(ctx, id, claimed, `"until" = 0, "failure" = $4`, store.Text(failure))
}

// update changes the row if the row is still about this run.
func (s *Service) update(ctx context.Context, id string, claimed row, set string, value store.Value) error {
	return s.cfg.Store.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(`UPDATE "_jobs" SET `+set+` WHERE "id" = $1 AND "node" = $2 AND "started" = $3`,
			store.Text(id), store.Text(claimed.node), millis(claimed.started), value)
		return err
	})
}
