// The frontier: the position of the feed, and the transactions that may still commit with lower
// numbers.

package change

import "math"

// Position is a position in the log: after the N-th change of transaction Seq.
type Position struct {
	Seq int64
	N   int
}

// last is greater than the N of every change. The column of N holds 64 bits; last fits into an int
// of 32 bits.
const last = math.MaxInt32

// Before reports whether the position comes before another position.
func (p Position) Before(other Position) bool {
	return p.Seq < other.Seq || p.Seq == other.Seq && p.N < other.N
}

// Previous returns a position before p, such that no change lies between both positions. Before the
// first position of a transaction it returns the end of the preceding transaction.
func (p Position) Previous() Position {
	if p.N > 0 {
		return Position{p.Seq, p.N - 1}
	}
	return end(p.Seq - 1)
}

// end returns the position after the last change of a transaction.
func end(seq int64) Position { return Position{seq, last} }

// frontier is the position of the feed: all changes up to at have been delivered, and no change can
// appear before at any more.
//
// On PostgreSQL numbers are drawn before the commit, so a transaction can become visible after a
// transaction with a higher number. A missing number is a hole: its transaction is still running,
// or was rolled back. That transaction had its transaction id before it drew its number, so it had
// begun when the hole was seen. The feed then takes a newer transaction id, the moment. Once every
// transaction with an older id has ended, the numbers that are still missing belong to transactions
// that were rolled back.
type frontier struct {
	at     Position
	whole  int64 // the last transaction that was delivered as a whole
	known  int64 // numbers up to this one were drawn before moment
	moment int64
}

// window is the number of numbers before the greatest in which a starting feed looks for
// transactions that have drawn a number and have not committed. A transaction draws its number
// immediately before COMMIT, so 1,000 others would have to overtake it in between.
const window = 1000

// page holds rows of the log that were read in one transaction.
type page struct {
	rows    []Change
	cut     bool  // the last row's transaction continues after it
	running int64 // store.Sequences.OldestRunning
}

// whole returns the number of the last transaction that ends within the first n rows of the page,
// or earlier if no transaction does.
func (p page) whole(n int, earlier int64) int64 {
	if n == 0 {
		return earlier
	}
	seq := p.rows[n-1].Seq
	if n < len(p.rows) || !p.cut {
		return seq
	}
	for i := n - 1; i >= 0; i-- {
		if p.rows[i].Seq != seq {
			return p.rows[i].Seq
		}
	}
	return earlier
}

// advance moves the frontier behind the rows that may be delivered, and returns their number: the
// rows before the first hole that may still be filled.
func (f *frontier) advance(p page) int {
	n := 0
	for _, c := range p.rows {
		// Numbers are missing before this row. They are given up if they were drawn before the
		// moment, and all transactions older than the moment have ended.
		if c.Seq > f.at.Seq+1 && (c.Seq > f.known || p.running < f.moment) {
			break
		}
		n++
		f.at = c.Position()
	}
	f.whole = p.whole(n, f.whole)
	return n
}

// note makes the frontier wait for the holes between the rows of a page; the moment was taken after
// the page was read.
func (f *frontier) note(p page, moment int64) { f.known, f.moment = p.rows[len(p.rows)-1].Seq, moment }
