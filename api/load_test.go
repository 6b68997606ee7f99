package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

const notes = "/api/collections/notes/records"

// batchSize is the number of records that a batch creates.
const batchSize = 5

// ledger records the answers to the writers: the known state of each record, by its key, and how
// often the counter, which all writers raise, was raised.
type ledger struct {
	mu      sync.Mutex // guards the fields below
	records map[string]*fate
	batches map[string]bool // whether the batch was acknowledged
	raised  int             // acknowledged raises of the counter
	doubt   int             // raises without an answer
	unknown int             // writes without an answer, including doubt
	refused map[int]int     // answers that say that nothing was stored, by status

	acknowledged atomic.Int64
}

// fate is the known state of a record.
type fate struct {
	n, most int  // bounds of its number
	exists  bool // its creation was acknowledged
	gone    bool // its deletion was acknowledged
	deleted bool // its deletion was requested
}

func newLedger() *ledger {
	return &ledger{records: map[string]*fate{}, batches: map[string]bool{}, refused: map[int]int{}}
}

// writer is a client that writes.
type writer struct {
	p    *program
	l    *ledger
	name string
	rng  *rand.Rand
}

// write makes a random write, records its result and returns the answer.
func (w *writer) write(i int) answer {
	key := fmt.Sprintf("%s-%d", w.name, i)
	switch w.rng.IntN(10) {
	case 0, 1, 2, 3:
		return w.create(key)
	case 4, 5:
		return w.createMany(key)
	case 6, 7:
		return w.raise()
	}
	return w.edit(key)
}

func (w *writer) create(key string) answer {
	a := w.p.ask("POST", notes, fmt.Sprintf(`{"key":%q,"n":1,"text":%q}`, key, strings.Repeat("x", w.rng.IntN(400))))
	w.note(a, func(sure bool) { w.l.records[key] = &fate{n: 1, most: 1, exists: sure} })
	return a
}

func (w *writer) createMany(key string) answer {
	var requests []string
	for k := range batchSize {
		requests = append(requests, fmt.Sprintf(`{"method":"POST","url":"%s","body":{"key":"%s/%d","n":1}}`, notes, key, k))
	}
	a := w.p.ask("POST", "/api/batch", `{"requests":[`+strings.Join(requests, ",")+`]}`)
	w.note(a, func(sure bool) { w.l.batches[key] = sure })
	return a
}

func (w *writer) raise() answer {
	a := w.p.ask("PATCH", notes+"/counter00000000", `{"n+":1}`)
	w.note(a, func(sure bool) {
		if sure {
			w.l.raised++
		} else {
			w.l.doubt++
		}
	})
	return a
}

// edit creates a record, changes it, and deletes it if the number is even.
func (w *writer) edit(key string) answer {
	a := w.create(key)
	if !a.ok() {
		return a
	}
	at := notes + "/" + a.body["id"].(string)
	w.l.mu.Lock()
	f := w.l.records[key]
	w.l.mu.Unlock()
	a = w.p.ask("PATCH", at, `{"n":2}`)
	w.note(a, func(sure bool) {
		f.most = 2
		if sure {
			f.n = 2
		}
	})
	if !a.ok() || w.rng.IntN(2) == 0 {
		return a
	}
	a = w.p.ask("DELETE", at, "")
	w.note(a, func(sure bool) { f.deleted, f.gone = true, sure })
	return a
}

// note counts an answer by its result. It calls stored if the write was stored for sure, or may
// have been stored.
func (w *writer) note(a answer, stored func(sure bool)) {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	switch {
	case a.ok():
		w.l.acknowledged.Add(1)
		stored(true)
	case a.err != nil || a.status == 500: // no answer, or an answer that leaves the result open
		w.l.unknown++
		stored(false)
	default:
		w.l.refused[a.status]++
	}
}

// load starts clients that write until the server does not answer any more.
func (p *program) load(l *ledger, clients int, round string, seed uint64) *sync.WaitGroup {
	var work sync.WaitGroup
	for c := range clients {
		work.Go(func() {
			w := &writer{p: p, l: l, name: fmt.Sprintf("%s-%d", round, c), rng: rand.New(rand.NewPCG(seed, uint64(c)))}
			for i := 0; ; i++ {
				if a := w.write(i); a.err != nil {
					return
				} else if !a.ok() {
					p.t.Errorf("a write = %v", a)
				}
			}
		})
	}
	return &work
}

// count creates the record that all writers raise.
func (p *program) count() {
	p.t.Helper()
	if a := p.ask("POST", notes, `{"id":"counter00000000","key":"counter","n":0}`); !a.ok() {
		p.t.Fatalf("create the counter: %v", a)
	}
}

// stored returns the numbers of all records by their keys, from a list of the server.
func (p *program) stored() map[string]int {
	p.t.Helper()
	all, cursor := map[string]int{}, ""
	for {
		a := p.ask("GET", notes+"?perPage=1000&skipTotal=1&fields=key,n&cursor="+url.QueryEscape(cursor), "")
		if !a.ok() {
			p.t.Fatalf("list: %v", a)
		}
		var page struct {
			Items []struct {
				Key string
				N   int
			}
			Cursor string
		}
		if err := json.Unmarshal([]byte(a.text), &page); err != nil {
			p.t.Fatal(err)
		}
		for _, item := range page.Items {
			if _, twice := all[item.Key]; twice {
				p.t.Errorf("%s is there twice", item.Key)
			}
			all[item.Key] = item.N
		}
		if cursor = page.Cursor; cursor == "" {
			return all
		}
	}
}

// judge compares the stored records with the ledger, reports differences as errors, and then
// updates the ledger to the stored records. It returns the number of lost writes.
func (l *ledger) judge(p *program) (lost int) {
	p.t.Helper()
	miss := func(format string, args ...any) {
		lost++
		p.t.Errorf(format, args...)
	}
	all := p.stored()
	if n := all["counter"]; n < l.raised || n > l.raised+l.doubt {
		miss("the counter is %d after %d certain raises and %d of which nothing is known", n, l.raised, l.doubt)
	}
	l.raised, l.doubt = all["counter"], 0
	delete(all, "counter")
	for key, f := range l.records {
		n, there := all[key]
		delete(all, key)
		switch {
		case there && f.gone:
			miss("%s was deleted and is there", key)
		case there && (n < f.n || n > f.most):
			miss("%s is %d, want %d to %d", key, n, f.n, f.most)
		case !there && f.exists && !f.deleted:
			miss("%s was acknowledged and is lost", key)
		}
		if there {
			*f = fate{n: n, most: n, exists: true}
		} else {
			delete(l.records, key)
		}
	}
	for key, sure := range l.batches {
		n := 0
		for k := range batchSize {
			if _, there := all[fmt.Sprintf("%s/%d", key, k)]; there {
				n++
			}
			delete(all, fmt.Sprintf("%s/%d", key, k))
		}
		if n != batchSize && (sure || n > 0) {
			miss("of batch %s %d of %d are there (acknowledged: %t)", key, n, batchSize, sure)
		}
		if l.batches[key] = n == batchSize; n == 0 {
			delete(l.batches, key)
		}
	}
	for key := range all {
		p.t.Errorf("%s is there and was refused, or never written", key)
	}
	return lost
}
