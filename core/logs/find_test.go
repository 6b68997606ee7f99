package logs

import (
	"fmt"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/record"
)

// Every entry is found by its id, even if a clock was set back, and beside a gap.
func TestFindByID(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	find := func(id string) error {
		_, err := k.Get(t.Context(), record.Root(), id)
		return err
	}
	if err := find("000000000000000"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without entries Get = %v", err)
	}
	const count, gap = 4 * nearRows, 10
	for i := range count {
		at := noon.Add(time.Duration(i) * time.Second)
		if i%nearRows == 7 {
			at = at.AddDate(0, 0, -1)
		}
		k.at(at)
		k.log(0, fmt.Sprint(i), i)
	}
	k.flush(t.Context())
	db, err := k.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	err = db.Write(t.Context(), func(tx store.Tx) error {
		rows, err := tx.Query(`SELECT "id" FROM "_logs" ORDER BY "_rowid_"`)
		if err != nil {
			return err
		}
		for rows.Next() {
			all = append(all, rows.Text(0))
		}
		if err := rows.Close(); err != nil {
			return err
		}
		for i := 0; i < count; i += 97 {
			place, _, err := placeOf(tx, all[i])
			if far := place - int64(i); err != nil || i%nearRows != 7 && max(far, -far) > nearRows {
				t.Errorf("the entry %d is looked for at %d, %v", i, place, err)
			}
		}
		for _, id := range all[gap : 2*gap] {
			if _, err := tx.Exec(`DELETE FROM `+db.rows+` WHERE "_rowid_" IN (SELECT "_rowid_" FROM "_logs" WHERE "id" = $1)`, store.Text(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(all) != count {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	for i, id := range all {
		if near := i % nearRows; near > 2*gap && near%101 != 0 {
			continue
		}
		if err := find(id); (i < gap || i >= 2*gap) != (err == nil) {
			t.Errorf("Get(%q), the entry %d = %v", id, i, err)
		}
	}
	for _, id := range []string{"", "0", "zzzzzzzzzzzzzzz", all[0][:14] + "~"} {
		if err := find(id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("Get(%q) = %v", id, err)
		}
	}
}

func TestMillis(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for took, want := range map[time.Duration]float64{
		0: 0, 999: 0, time.Microsecond: 0.001, 1500 * time.Microsecond: 1.5, 20 * time.Microsecond: 0.02, 3 * time.Second: 3000, -time.Second: 0,
	} {
		e := k.Entry(0)
		e.Millis("took", took)
		e.Add()
		entries, _ := k.list(record.ListParams{Sort: "-@rowid", PerPage: 1})
		if got := entries[0].Data["took"]; got != want {
			t.Errorf("%v is kept as %v", took, got)
		}
	}
}
