// Epochs: the state of the log in the database, by which tokens from before a restore are detected.

package change

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// state is the document in the log's row of _params.
type state struct {
	// Epoch is a random text that is part of every token. A new epoch is drawn when the log is made
	// and when the database is restored to an earlier state.
	Epoch  string `json:"epoch"`
	Pruned int64  `json:"pruned"` // the number of the last transaction that was pruned
}

const stateID = "changes"

const newestSQL = `SELECT COALESCE(max("seq"), 0) FROM "_changes"`

// readState reads the state of the log; found is false in a database whose log was never
// opened.
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

// readEnd reads the state together with the number of the last transaction.
func readEnd(r store.Reader) (s state, newest int64, found bool, err error) {
	if s, found, err = readState(r); err != nil {
		return s, 0, false, err
	}
	newest, err = store.Number(r, newestSQL)
	return s, newest, found, err
}

// writeState stores the state within tx. The table _params also holds rows of other packages.
func writeState(tx store.Tx, s state, now time.Time) error {
	value, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO "_params" ("id", "value", "created", "updated") VALUES ($1, $2, $3, $3) `+
		`ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value", "updated" = excluded."updated"`,
		store.Text(stateID), store.Text(string(value)), store.Text(schema.FormatTime(now)))
	return err
}

// drawEpoch gives the log a new epoch. If keep is set, an existing epoch stays.
func drawEpoch(ctx context.Context, s store.Store, now time.Time, keep bool) error {
	return s.Write(ctx, func(tx store.Tx) error {
		current, found, err := readState(tx)
		if err != nil || found && keep {
			return err
		}
		// Pruned stays, since the numbers of transactions continue.
		current.Epoch = schema.RandomString(8, schema.AlphabetID)
		return writeState(tx, current, now)
	})
}

// Renew gives the change log in s a new epoch, so that no earlier token can be resumed from. It is
// for a copy of a database that is about to replace a newer state of it (Log.Replace), and the new
// epoch must be durable in the copy before Replace: tokens of the replaced state name transactions
// that the copy will number anew.
func Renew(ctx context.Context, s store.Store, now time.Time) error {
	if err := drawEpoch(ctx, s, now, false); err != nil {
		return fmt.Errorf("renew the change log: %w", err)
	}
	return nil
}

// Restart gives the log a first epoch in a database whose table of changes is empty, for example a
// copy without changes.
func Restart(tx store.Tx, now time.Time) error {
	return writeState(tx, state{Epoch: schema.RandomString(8, schema.AlphabetID)}, now)
}

// RenewWithin gives this log a new epoch, within a transaction that may have written its state by
// SQL. When the transaction is durable, and Wrote has been called, every subscription ends.
func (l *Log) RenewWithin(tx store.Tx) error {
	current, _, err := readState(tx)
	if err != nil {
		return err
	}
	current.Epoch = schema.RandomString(8, schema.AlphabetID)
	return writeState(tx, current, l.cfg.Now())
}

// Open reads the end of the log, where the feed then begins, and creates the epoch of the log if it
// has none. Its errors are those of the store.
func (l *Log) Open(ctx context.Context) error {
	if err := l.open(ctx); err != nil {
		return fmt.Errorf("open the change log: %w", err)
	}
	return nil
}

// open does the work of Open.
func (l *Log) open(ctx context.Context) error {
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	// The read comes first: the epoch nearly always exists, and then the start needs no write.
	found := false
	err := l.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		_, found, err = readState(r)
		return err
	})
	if err == nil && !found {
		err = drawEpoch(ctx, l.cfg.Store, l.cfg.Now(), true)
	}
	if err != nil {
		return err
	}
	return l.readEpoch(ctx)
}

// Replace calls replace, which replaces the database by another one, while the feed stands still.
// If the epoch of the log has changed after that, whatever replace returned, every subscription
// ends with ErrGone and the feed begins at the end of the new log; the observers are told that
// anything may have changed.
func (l *Log) Replace(ctx context.Context, replace func() error) error {
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	l.doubt()
	defer l.wakeFeed() // the feed reads the epoch if that fails here
	if err := replace(); err != nil {
		return err
	}
	l.notify(nil)
	return l.readEpoch(ctx)
}

// doubt marks the epoch to be read again before it is used.
func (l *Log) doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubted = true
}

// resolve reads the epoch again if it is marked. feeding must be held.
func (l *Log) resolve(ctx context.Context) error {
	l.mu.Lock()
	doubted := l.doubted
	l.mu.Unlock()
	if !doubted {
		return nil
	}
	return l.readEpoch(ctx)
}

// readEpoch reads the epoch. If it has changed, the feed starts at the end of the log and every
// subscription ends. feeding must be held.
func (l *Log) readEpoch(ctx context.Context) error {
	l.mu.Lock()
	l.doubted = false // before the database is read: a later mark stays
	l.mu.Unlock()
	var current state
	var newest int64
	err := l.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		current, newest, _, err = readEnd(r)
		return err
	})
	if err != nil {
		l.doubt()
		return fmt.Errorf("read the change log: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if current.Epoch == l.epoch {
		return nil
	}
	// Positions of the old epoch mean other transactions in the new epoch, so no subscription can
	// continue.
	l.dropAll(ErrGone)
	l.epoch, l.feed = current.Epoch, startAt(newest)
	return nil
}

// startAt returns the frontier of a feed that starts when newest is the greatest number.
func startAt(newest int64) frontier {
	seq := max(0, newest-window)
	return frontier{at: end(seq), whole: seq}
}
