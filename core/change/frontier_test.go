package change

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAdvance(t *testing.T) {
	t.Parallel()
	rows := func(seqs ...int64) []Change {
		var list []Change
		for _, seq := range seqs {
			list = append(list, Change{Seq: seq})
		}
		return list
	}
	at := frontier{at: end(10), whole: 10}
	tests := []struct {
		name  string
		f     frontier
		page  page
		n     int
		whole int64
	}{
		{"nothing new", at, page{running: 9}, 0, 10},
		{"no hole", at, page{rows: rows(11, 12, 13), running: 9}, 3, 13},
		{"a hole", at, page{rows: rows(11, 13), running: 9}, 1, 11},
		{"a hole at once", at, page{rows: rows(12), running: 9}, 0, 10},
		{"a hole that was noted while older ones run", frontier{end(10), 10, 13, 9}, page{rows: rows(12, 13), running: 8}, 0, 10},
		{"a hole that was noted, and all of then are over", frontier{end(10), 10, 13, 9}, page{rows: rows(12, 13), running: 9}, 2, 13},
		{"a hole behind those that were noted", frontier{end(10), 10, 13, 9}, page{rows: rows(13, 15), running: 9}, 1, 13},
		{"one writer", frontier{end(10), 10, 20, 0}, page{rows: rows(12, 20), running: 0}, 2, 20},
	}
	for _, test := range tests {
		f := test.f
		if n := f.advance(test.page); n != test.n || f.whole != test.whole {
			t.Errorf("%s: advance = %d, whole %d, want %d, %d", test.name, n, f.whole, test.n, test.whole)
		}
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	full := page{rows: make([]Change, pageRows), cut: true}
	for i := range full.rows {
		full.rows[i] = Change{Seq: 7, N: i}
	}
	if got := full.whole(pageRows, 6); got != 6 {
		t.Errorf("a page within one transaction: whole = %d, want 6", got)
	}
	full.rows[0] = Change{Seq: 5}
	if got := full.whole(pageRows, 4); got != 5 {
		t.Errorf("a page that ends within a transaction: whole = %d, want 5", got)
	}
	if got := full.whole(1, 4); got != 5 {
		t.Errorf("a page that is stopped: whole = %d, want 5", got)
	}
	short := page{rows: full.rows[:3]}
	if got := short.whole(3, 4); got != 7 {
		t.Errorf("a page that ends with its transaction: whole = %d, want 7", got)
	}
}

// database simulates concurrent transactions of PostgreSQL: a transaction gets an id, then a
// number, and later it commits or is rolled back.
type database struct {
	nextID, nextSeq int64
	running         []*running
	ended           int64   // the greatest id of the ended transactions
	visible         []int64 // numbers of the committed transactions
}

type running struct{ id, seq int64 } // seq 0: not drawn yet

func (d *database) step(r *rand.Rand) {
	switch pick := r.IntN(4); {
	case pick == 0 || len(d.running) == 0:
		d.nextID++
		d.running = append(d.running, &running{id: d.nextID})
	default:
		i := r.IntN(len(d.running))
		tx := d.running[i]
		if tx.seq == 0 {
			d.nextSeq++
			tx.seq = d.nextSeq
			return
		}
		if r.IntN(10) > 0 { // the others are rolled back
			d.visible = append(d.visible, tx.seq)
		}
		d.ended = max(d.ended, tx.id)
		d.running = slices.Delete(d.running, i, i+1)
	}
}

// moment draws an id.
func (d *database) moment() int64 {
	d.nextID++
	d.ended = max(d.ended, d.nextID)
	return d.nextID
}

func (d *database) page(after int64) page {
	p := page{running: d.ended + 1} // as in PostgreSQL: transactions that begin later are not considered
	for _, tx := range d.running {
		p.running = min(p.running, tx.id)
	}
	for _, seq := range d.visible {
		if seq > after {
			p.rows = append(p.rows, Change{Seq: seq})
		}
	}
	slices.SortFunc(p.rows, func(a, b Change) int { return int(a.Seq - b.Seq) })
	return p
}

func TestNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	missed := 0 // by a reader that remembers the greatest number that it has seen
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		d, f := database{}, frontier{at: end(0)}
		var got, naive []int64
		read := func() {
			p := d.page(f.at.Seq)
			n := f.advance(p)
			for _, c := range p.rows[:n] {
				got = append(got, c.Seq)
			}
			if n < len(p.rows) && p.rows[n].Seq > f.known {
				f.note(p, d.moment())
			}
			if len(naive) == 0 {
				naive = append(naive, 0)
			}
			for _, c := range d.page(naive[len(naive)-1]).rows {
				naive = append(naive, c.Seq)
			}
		}
		for range 400 {
			d.step(r)
			if r.IntN(3) == 0 {
				read()
			}
		}
		for len(d.running) > 0 {
			d.step(r)
			read()
			if r.IntN(2) == 0 && len(d.running) > 0 && d.running[0].seq == 0 {
				d.running = d.running[1:] // is rolled back
			}
			if len(d.visible) > 4000 {
				d.running = nil
			}
		}
		read()
		read()
		read()
		want := slices.Sorted(slices.Values(d.visible))
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: read %v, want %v", seed, got, want)
		}
		missed += len(want) - (len(naive) - 1)
	}
	if missed == 0 {
		t.Error("a naive reader has missed nothing: the test proves nothing")
	}
}
