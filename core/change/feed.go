package change

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

const (
	// holeEvery is how often a hole is looked at.
	holeEvery = 10 * time.Millisecond
	// retryEvery is how often a log that cannot be read is tried again.
	retryEvery = time.Second
)

// state is the row of _params that belongs to the log.
type state struct {
	Epoch  string `json:"epoch"`
	Pruned int64  `json:"pruned"` // the number of the last transaction that was taken out
}

const stateID = "changes"

const newestSQL = `SELECT COALESCE(max("seq"), 0) FROM "_changes"`

func readState(r store.Reader) (s state, found bool, err error) {
	rows, err := r.Query(`SELECT "value" FROM "_params" WHERE "id" = $1`, store.Text(stateID))
	if err != nil {
		return s, false, err
	}
	defer rows.Close()
	if rows.Next() {
		found = true
		if err := json.Unmarshal(rows.Bytes(0), &s); err != nil {
			return s, true, fmt.Errorf("state of the change log: %w", err)
		}
	}
	return s, found, rows.Close()
}

func (l *Log) writeState(tx store.Tx, s state) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO "_params" ("id", "value", "created", "updated") VALUES ($1, $2, $3, $3) `+
		`ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value", "updated" = excluded."updated"`,
		store.Text(stateID), store.Text(string(value)), store.Text(schema.FormatTime(l.Now())))
	return err
}

// Open finds out where the log stands. The feed begins there.
func (l *Log) Open(ctx context.Context) error {
	err := l.open(ctx, false)
	if err != nil {
		return fmt.Errorf("open the change log: %w", err)
	}
	return nil
}

// Renew gives the log a new epoch, so that no token of before can be resumed from:
// to be called when the database has been put back to an earlier state.
func (l *Log) Renew(ctx context.Context) error {
	l.reading.Lock()
	for s := range l.live {
		l.drop(s, ErrGone)
	}
	l.reading.Unlock()
	if err := l.open(ctx, true); err != nil {
		return fmt.Errorf("renew the change log: %w", err)
	}
	return nil
}

func (l *Log) open(ctx context.Context, renew bool) error {
	var current state
	var newest int64
	look := func(r store.Reader) (found bool, err error) {
		if current, found, err = readState(r); err != nil {
			return false, err
		}
		newest, err = integer(r, newestSQL)
		return found, err
	}
	found := false
	err := l.Store.Read(ctx, func(r store.Reader) (err error) {
		found, err = look(r)
		return err
	})
	if err == nil && (!found || renew) {
		err = l.Store.Write(ctx, func(tx store.Tx) error {
			if found, err := look(tx); err != nil || found && !renew {
				return err
			}
			current.Epoch = schema.RandomString(8, schema.AlphabetID)
			return l.writeState(tx, current)
		})
	}
	if err != nil {
		return err
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	l.epoch = current.Epoch
	l.feed = startAt(newest)
	return nil
}

// startAt is the frontier of who begins when that number is the last one.
func startAt(newest int64) frontier {
	seq := max(0, newest-window)
	return frontier{at: end(seq), whole: seq}
}

// follow moves the feed each time that it is stirred, until ctx ends.
func (l *Log) follow(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-timer.C:
		}
		l.reading.Lock()
		waits, err := l.move(ctx)
		l.reading.Unlock()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.Config.Log.Warn("read the change log", "error", err)
			timer.Reset(retryEvery)
		case waits:
			timer.Reset(holeEvery)
		}
	}
}

// move hands out what is new. waits says that it stopped at a hole. Lock held.
func (l *Log) move(ctx context.Context) (waits bool, err error) {
	for {
		p, err := l.readPage(ctx, l.feed.at, end(math.MaxInt64))
		if err != nil || len(p.rows) == 0 {
			return false, err
		}
		n := l.feed.advance(p)
		l.hand(p.rows[:n])
		switch {
		case n == len(p.rows):
		case p.rows[n].Seq <= l.feed.known:
			return true, nil
		default:
			moment, err := l.moment(ctx)
			if err != nil {
				return false, err
			}
			l.feed.note(p, moment)
		}
	}
}

func (l *Log) moment(ctx context.Context) (moment int64, err error) {
	err = l.Store.Read(ctx, func(r store.Reader) error {
		moment, err = integer(r, "SELECT "+l.Store.Sequences().TransactionID())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the change log: %w", err)
	}
	return moment, nil
}

// hand gives rows to the subscribers, and those of other processes to the
// observers. Lock held.
func (l *Log) hand(rows []Change) {
	if len(rows) == 0 {
		return
	}
	var foreign []Change
	for _, c := range rows {
		if c.Node != l.Node {
			foreign = append(foreign, c)
		}
	}
	if len(foreign) > 0 {
		l.tell(foreign)
	}
	batch := Batch{Changes: rows, Token: makeToken(l.epoch, l.feed.whole)}
	for s := range l.live {
		if !s.push(batch) {
			l.drop(s, ErrSlow)
		}
	}
}

// catchUp moves the feed to the present. What a feed that nobody has listened to
// has missed, and what is too much to read, is skipped. Lock held.
func (l *Log) catchUp(ctx context.Context) error {
	if len(l.live) == 0 {
		var newest int64
		err := l.Store.Read(ctx, func(r store.Reader) (err error) {
			newest, err = integer(r, newestSQL)
			return err
		})
		if err != nil {
			return err
		}
		if start := startAt(newest); start.at.seq > l.feed.at.seq {
			l.feed = start
			l.tell(nil) // there may have been changes of other processes
		}
	}
	_, err := l.move(ctx)
	return err
}
