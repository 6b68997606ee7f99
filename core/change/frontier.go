package change

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// place is a row of the log, or the end of a transaction if n is last.
type place struct {
	seq int64
	n   int
}

// last is behind every n; the column holds 64 bits and the constant fits in 32.
const last = math.MaxInt32

func (p place) before(other place) bool {
	return p.seq < other.seq || p.seq == other.seq && p.n < other.n
}

// end is behind the last row of a transaction.
func end(seq int64) place { return place{seq, last} }

// frontier is how far the feed has come: everything up to at has been handed out,
// and nothing more will appear before it.
//
// Where several processes write, numbers are drawn before the commit, so a
// transaction may appear after one with a higher number. A missing number is a
// hole: its transaction is still running, or was rolled back. It had written before
// it drew its number, so when a hole is seen it has begun; a moment is taken after
// that, and once all that had begun by then are over, what is still missing was
// rolled back. Numbers up to known were drawn before moment.
type frontier struct {
	at     place
	whole  int64 // the last transaction all of which has been handed out
	known  int64
	moment int64
}

// window is how many numbers before the last one may still belong to a running
// transaction, when nothing is known about them: it would have to be overtaken by
// so many between drawing its number, its last act, and its commit.
const window = 1000

// pageRows is how many rows are read at a time.
const pageRows = 1000

// page is rows that were read in one transaction.
type page struct {
	rows    []Change
	running int64 // store.Dialect.Running
}

// whole is the number of the last transaction all of whose rows are among the first
// n, those before it being so; else earlier.
func (p page) whole(n int, earlier int64) int64 {
	if n == 0 {
		return earlier
	}
	seq := p.rows[n-1].Seq
	if n < len(p.rows) || len(p.rows) < pageRows {
		return seq
	}
	for i := n - 1; i >= 0; i-- { // the page may have ended within the last one
		if p.rows[i].Seq != seq {
			return p.rows[i].Seq
		}
	}
	return earlier
}

// readPage reads what follows a place, up to another.
func (l *Log) readPage(ctx context.Context, after, to place) (p page, err error) {
	err = l.Store.Read(ctx, func(r store.Reader) error {
		if p.running, err = integer(r, "SELECT "+l.Store.Sequences().OldestRunning()); err != nil {
			return err
		}
		p.rows, err = readRows(r, after, to)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read the change log: %w", err)
	}
	return p, nil
}

func readRows(r store.Reader, after, to place) ([]Change, error) {
	rows, err := r.Query(`SELECT `+columns+` FROM "_changes" WHERE ("seq", "n") > ($1, $2) AND ("seq", "n") <= ($3, $4) `+
		`ORDER BY "seq", "n" LIMIT $5`,
		store.Int(after.seq), store.Int(int64(after.n)), store.Int(to.seq), store.Int(int64(to.n)), store.Int(pageRows))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Change
	for rows.Next() {
		c := Change{
			Seq: rows.Int(0), N: int(rows.Int(1)), Kind: Kind(rows.Text(2)), Collection: rows.Text(3), Record: rows.Text(4),
			Action: Action(rows.Text(5)), By: rows.Text(7), Node: rows.Text(8), At: time.UnixMilli(rows.Int(9)),
		}
		if rows.Kind(6) != store.KindNull {
			c.Before = append([]byte{}, rows.Bytes(6)...)
		}
		list = append(list, c)
	}
	return list, rows.Close()
}

// advance is how many of the rows may be handed out: those before the first hole
// that may still be filled. The place moves behind them.
func (f *frontier) advance(p page) int {
	n := 0
	for _, c := range p.rows {
		if c.Seq > f.at.seq+1 && (c.Seq > f.known || p.running < f.moment) {
			break
		}
		n++
		f.at = place{c.Seq, c.N}
	}
	f.whole = p.whole(n, f.whole)
	return n
}

// note begins to wait for the holes before a row of a page, at a moment after the
// page was read.
func (f *frontier) note(p page, moment int64) { f.known, f.moment = p.rows[len(p.rows)-1].Seq, moment }
