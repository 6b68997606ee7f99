// The frontier: how far the feed has read, and which transactions may still commit with
// lower numbers.

package change

import "math"

// Position is a place in the log: after the N-th change of transaction Seq.
type Position struct {
	Seq int64
	N   int
}

// last is an N behind those of all changes. The column holds 64 bits; this constant
// fits into an int of 32.
const last = math.MaxInt32

// Before reports whether the position stands before another one.
func (p Position) Before(other Position) bool {
	return p.Seq < other.Seq || p.Seq == other.Seq && p.N < other.N
}

// Previous is a position before this one that no change stands between. Of a transaction without a
// change it is the end of the one before it.
func (p Position) Previous() Position {
	if p.N > 0 {
		return Position{p.Seq, p.N - 1}
	}
	return end(p.Seq - 1)
}

// end is the position after the last change of a transaction.
func end(seq int64) Position { return Position{seq, last} }

// frontier is how far the feed has read: everything up to at has been delivered, and
// nothing can appear before it any more.
//
// On PostgreSQL numbers are drawn before the commit, so a transaction can become
// visible after one with a higher number. A missing number is a hole: its transaction
// is still running, or was rolled back. That transaction had its transaction id before
// it drew its number, so it had begun when the hole was seen. The feed then takes a
// newer transaction id, the moment. Once every transaction with an older id has ended,
// the numbers that are still missing were rolled back.
type frontier struct {
	at     Position
	whole  int64 // the last transaction that was delivered as a whole
	known  int64 // numbers up to this one were drawn before moment
	moment int64
}

// window is how many numbers back a starting feed looks for transactions that have
// drawn a number and have not committed. A transaction draws its number immediately
// before COMMIT, so it would take 1,000 others to overtake it in between.
const window = 1000

// page is rows of the log that were read in one transaction.
type page struct {
	rows    []Change
	cut     bool  // the last row's transaction goes on after it
	running int64 // store.Sequences.OldestRunning
}

// whole is the number of the last transaction that ends within the first n rows of the
// page, or earlier if none does.
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

// advance moves the frontier behind the rows that may be delivered, and returns how
// many those are: the rows before the first hole that may still be filled.
func (f *frontier) advance(p page) int {
	n := 0
	for _, c := range p.rows {
		// Numbers are missing before this row. They are given up if they were drawn before the
		// moment, and all transactions of that time have ended.
		if c.Seq > f.at.Seq+1 && (c.Seq > f.known || p.running < f.moment) {
			break
		}
		n++
		f.at = c.Position()
	}
	f.whole = p.whole(n, f.whole)
	return n
}

// note begins to wait for the holes between the rows of a page; the moment was taken
// after the page was read.
func (f *frontier) note(p page, moment int64) { f.known, f.moment = p.rows[len(p.rows)-1].Seq, moment }
