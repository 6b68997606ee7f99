package binding

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the official driver, to compare with
)

// randomValue returns nil, an int64, a float64 or a string, including extremes.
func randomValue(rng *rand.Rand) any {
	switch rng.IntN(8) {
	case 0:
		return nil
	case 1:
		return []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32}[rng.IntN(7)]
	case 2:
		return int64(rng.Uint64())
	case 3:
		return []float64{0.5, -0.25, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), 1e15, 0.1}[rng.IntN(8)]
	case 4:
		return rng.NormFloat64() * math.Pow(10, float64(rng.IntN(200)-100))
	default:
		return randomText(rng)
	}
}

// randomText returns a text of any length up to some pages, with NUL bytes.
func randomText(rng *rand.Rand) string {
	sizes := []int{0, 1, 7, 8, 9, 255, 256, 257, 4096, 20_000, 70_000}
	runes := []rune("ab'\"\\\x00\n é€😀")
	var b bytes.Buffer
	for size := sizes[rng.IntN(len(sizes))]; b.Len() < size; {
		b.WriteRune(runes[rng.IntN(len(runes))])
	}
	return b.String()
}

func bindAny(s *Stmt, pos int, v any) error {
	switch v := v.(type) {
	case int64:
		return s.BindInt(pos, v)
	case float64:
		return s.BindFloat(pos, v)
	case string:
		return s.BindText(pos, v)
	default:
		return s.BindNull(pos)
	}
}

func columnAny(s *Stmt, col int) any {
	switch s.Type(col) {
	case TypeInt:
		return s.Int(col)
	case TypeFloat:
		return s.Float(col)
	case TypeText:
		return string(s.Bytes(col))
	default:
		return nil
	}
}

const columns = 6

func randomRow(rng *rand.Rand) []any {
	row := make([]any, columns)
	for i := range row {
		row[i] = randomValue(rng)
	}
	return row
}

func equalRows(a, b []any) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// short returns a short text of a row for a message.
func short(row []any) string {
	s := fmt.Sprintf("%.60q", fmt.Sprint(row...))
	return s
}

// openBoth opens one database through the binding and the official driver.
func openBoth(t *testing.T) (*Conn, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.db")
	c := open(t, Config{Path: path})
	exec(t, c, `PRAGMA journal_mode = WAL`, `CREATE TABLE "t" ("n" INTEGER PRIMARY KEY, "a", "b", "c", "d", "e", "f")`)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, db
}

const rowsOfValues = 400

func TestValuesGoInHereAndComeOutThere(t *testing.T) {
	t.Parallel()
	c, db := openBoth(t)
	rng := rand.New(rand.NewPCG(1, 1))
	insert := prepare(t, c, `INSERT INTO "t" VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	var want [][]any
	for n := range rowsOfValues {
		row := randomRow(rng)
		want = append(want, row)
		for pos, v := range append([]any{int64(n)}, row...) {
			if err := bindAny(insert, pos, v); err != nil {
				t.Fatalf("bind: %v", err)
			}
		}
		if _, err := insert.Step(); err != nil {
			t.Fatalf("Step() = %v", err)
		}
		insert.Reset()
	}
	rows, err := db.QueryContext(context.Background(), `SELECT a, b, c, d, e, f FROM t ORDER BY n`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		got, into := make([]any, columns), make([]any, columns)
		for i := range got {
			into[i] = &got[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		if !equalRows(got, want[n]) {
			t.Errorf("row %d went in as %s and came out as %s", n, short(want[n]), short(got))
		}
	}
	if err := rows.Err(); err != nil || n != rowsOfValues {
		t.Errorf("%d rows came out, %v, want %d", n, err, rowsOfValues)
	}
}

func TestValuesGoInThereAndComeOutHere(t *testing.T) {
	t.Parallel()
	c, db := openBoth(t)
	rng := rand.New(rand.NewPCG(2, 2))
	var want [][]any
	for n := range rowsOfValues {
		row := randomRow(rng)
		want = append(want, row)
		if _, err := db.ExecContext(context.Background(), `INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)`, append([]any{n}, row...)...); err != nil {
			t.Fatal(err)
		}
	}
	s := prepare(t, c, `SELECT "a", "b", "c", "d", "e", "f" FROM "t" ORDER BY "n"`)
	n := 0
	for ; ; n++ {
		row, err := s.Step()
		if err != nil {
			t.Fatalf("Step() = %v", err)
		}
		if !row {
			break
		}
		got := make([]any, columns)
		for i := range got {
			got[i] = columnAny(s, i)
		}
		if !equalRows(got, want[n]) {
			t.Errorf("row %d went in as %s and came out as %s", n, short(want[n]), short(got))
		}
	}
	if n != rowsOfValues {
		t.Errorf("%d rows came out, want %d", n, rowsOfValues)
	}
}

func TestBlobReadsAsItsBytes(t *testing.T) {
	t.Parallel()
	c := open(t, Config{})
	s := prepare(t, c, `SELECT x'00ff61', CAST('' AS TEXT), NULL`)
	if row, err := s.Step(); !row || err != nil {
		t.Fatalf("Step() = %v, %v", row, err)
	}
	if s.Type(0) != TypeBlob || !bytes.Equal(s.Bytes(0), []byte{0, 0xff, 'a'}) {
		t.Errorf("blob = %v %x", s.Type(0), s.Bytes(0))
	}
	if b := s.Bytes(1); b == nil || len(b) != 0 {
		t.Errorf("empty text = %#v, want empty and not nil", b)
	}
	if b := s.Bytes(2); b != nil {
		t.Errorf("NULL = %#v, want nil", b)
	}
}
