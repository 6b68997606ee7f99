package sqlite

import (
	"context"
	"testing"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/internal/store/sqlite/binding"
)

func stampT(t *testing.T, db *DB) (stamp uint64) {
	t.Helper()
	err := db.Read(t.Context(), func(r store.Reader) error {
		var ok bool
		if stamp, ok = r.Stamp("t"); !ok {
			t.Errorf("Stamp() is not ok while nothing is written")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return stamp
}

func TestForeignWriteIsNoticed(t *testing.T) {
	t.Parallel()
	server := openTest(t, Config{Serve: true})
	defer mustClose(t, server)
	createT(t, server)
	noticed := make(chan struct{}, 16)
	server.OnForeignWrite(func(context.Context, bool) error { noticed <- struct{}{}; return nil })
	before := stampT(t, server)

	tool := openTest(t, Config{Dir: server.cfg.Dir})
	insertT(t, tool, 1)
	mustClose(t, tool)

	<-noticed
	if after := stampT(t, server); after == before {
		t.Errorf("Stamp() = %d before and after another one's write", after)
	}
	if got := countT(t, server); got != 1 {
		t.Errorf("rows = %d, want the other one's", got)
	}
}

func TestOwnWritesAreNotForeign(t *testing.T) {
	t.Parallel()
	db := openTest(t, Config{})
	defer mustClose(t, db)
	createT(t, db)
	for n := range 20 {
		insertT(t, db, int64(n))
		if n%5 == 0 {
			onWriter(t, db, func(c *conn) error {
				_, _, err := c.Checkpoint(binding.CheckpointTruncate)
				return err
			})
		}
		if db.writer.foreign(t.Context()) {
			t.Fatalf("the write of %d was taken for another process's", n)
		}
	}
}

func TestTwoProcessesWrite(t *testing.T) {
	t.Parallel()
	server := openTest(t, Config{Serve: true})
	defer mustClose(t, server)
	createT(t, server)
	tool := openTest(t, Config{Dir: server.cfg.Dir})
	defer mustClose(t, tool)
	over := make(chan error)
	const each = 100
	for i, db := range []*DB{server, tool} {
		go func() {
			for n := range each {
				err := db.Write(t.Context(), func(tx store.Tx) error { return insertN(tx, int64(n*2+i), "") })
				if err != nil {
					over <- err
					return
				}
			}
			over <- nil
		}()
	}
	for range 2 {
		if err := <-over; err != nil {
			t.Errorf("Write() = %v, want nil", err)
		}
	}
	if got := countT(t, server); got != 2*each {
		t.Errorf("rows = %d, want %d", got, 2*each)
	}
}
