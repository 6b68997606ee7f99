package record

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// memRows holds rows that were not read from a database.
type memRows struct {
	rows [][]store.Value
	at   int
}

func (m *memRows) Next() bool                   { m.at++; return m.at <= len(m.rows) }
func (m *memRows) Err() error                   { return nil }
func (m *memRows) Close() error                 { return nil }
func (m *memRows) value(col int) store.Value    { return m.rows[m.at-1][col] }
func (m *memRows) Kind(col int) store.ValueKind { return m.value(col).Kind() }
func (m *memRows) Int(col int) int64            { return m.value(col).AsInt() }
func (m *memRows) Bool(col int) bool            { return m.value(col).AsBool() }
func (m *memRows) Text(col int) string          { return string(m.Bytes(col)) }

func (m *memRows) Float(col int) float64 {
	if v := m.value(col); v.Kind() == store.KindFloat {
		return v.AsFloat()
	}
	return float64(m.value(col).AsInt())
}

func (m *memRows) Bytes(col int) []byte {
	switch v := m.value(col); v.Kind() {
	case store.KindNull:
		return nil
	case store.KindText:
		return []byte(v.AsText())
	case store.KindFloat:
		return strconv.AppendFloat(nil, v.AsFloat(), 'g', -1, 64)
	default:
		return strconv.AppendInt(nil, v.AsInt(), 10)
	}
}

// everyKind returns a collection with a field of each kind; the names are such that keys come
// before, between and after the keys that every record has.
func everyKind() *schema.Collection {
	return &schema.Collection{ID: "pbc_every", Name: "Every", Type: schema.Base, Fields: []*schema.Field{
		{Name: "id", System: true, Kind: &schema.Text{PrimaryKey: true}},
		{Name: "A_first", Kind: &schema.Text{}},
		{Name: "collectionIda", Kind: &schema.Editor{}},
		{Name: "d", Kind: &schema.Date{}},
		{Name: "expand_", Kind: &schema.Number{}},
		{Name: "expan", Kind: &schema.Bool{}},
		{Name: "s1", Kind: &schema.Select{MaxSelect: 1}},
		{Name: "s9", Kind: &schema.Select{MaxSelect: 9}},
		{Name: "f1", Kind: &schema.File{}},
		{Name: "f9", Kind: &schema.File{MaxSelect: 9}},
		{Name: "r1", Kind: &schema.Relation{CollectionID: "pbc_every"}},
		{Name: "r9", Kind: &schema.Relation{CollectionID: "pbc_every", MaxSelect: 9}},
		{Name: "j", Kind: &schema.JSON{}},
		{Name: "z_geo", Kind: &schema.GeoPoint{}},
		{Name: "u", Kind: &schema.URL{}},
		{Name: "updated", Kind: &schema.Autodate{OnUpdate: true}},
		{Name: "secret", Hidden: true, Kind: &schema.Text{}},
		{Name: "pass", Kind: &schema.Password{}},
	}}
}

// storedRow returns the record as a row of the projection's columns.
func storedRow(p *projection, r *Record) *memRows {
	var row []store.Value
	for _, name := range p.columns {
		row = append(row, p.collection.Field(name).Value(r.Get(name)))
	}
	return &memRows{rows: [][]store.Value{row}, at: 1}
}

// reference returns the record in the form of encoding/json, without escapes for HTML.
func reference(t *testing.T, r *Record, superuser bool) string {
	t.Helper()
	m := map[string]any{"collectionId": r.collection.ID, "collectionName": r.collection.Name}
	for i, f := range r.collection.Fields {
		if f.Hidden && !superuser {
			continue
		}
		m[f.Name] = r.values[i]
		if _, ok := f.Kind.(*schema.Password); ok {
			m[f.Name] = ""
		}
	}
	b, err := schema.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRowAndRecordGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	c := everyKind()
	for range 2000 {
		r := Blank(c)
		for i, f := range c.Fields {
			if rnd.IntN(5) > 0 {
				r.values[i] = randomValue(rnd, f)
			}
		}
		for _, superuser := range []bool{false, true} {
			p := newProjection(c, superuser)
			fast, expandAt := p.appendRow(nil, storedRow(p, r), true)
			full, cut2 := p.appendRecord(nil, r, true)
			if string(fast) != string(full) || expandAt != cut2 {
				t.Fatalf("appendRow:    %s (%d)\nappendRecord: %s (%d)", fast, expandAt, full, cut2)
			}
			if want := reference(t, r, superuser); string(full) != want {
				t.Fatalf("appendRecord: %s\nwant          %s", full, want)
			}
		}
	}
}

func randomValue(rnd *rand.Rand, f *schema.Field) any {
	text := func() string {
		alphabet := []rune("abcXYZ012 .,;-_[]{}\"\\<>&'\u2028é世\n\t\x01\x7f")
		s := make([]rune, rnd.IntN(12))
		for i := range s {
			s[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(s)
	}
	texts := func() []string {
		list := make([]string, rnd.IntN(4))
		for i := range list {
			if list[i] = text(); rnd.IntN(2) == 0 {
				list[i] = schema.RandomString(15, schema.AlphabetID)
			}
		}
		return list
	}
	switch f.Kind.(type) {
	case *schema.Number:
		return [...]float64{1, -3.5, 1e21, 1e-7, 123456789012345680, math.Copysign(0, -1), rnd.Float64(), 1 << 53}[rnd.IntN(8)]
	case *schema.Bool:
		return rnd.IntN(2) == 0
	case *schema.Date, *schema.Autodate:
		return fmt.Sprintf("%04d-%02d-%02d 23:59:59.%03dZ", 1+rnd.IntN(9999), 1+rnd.IntN(12), 1+rnd.IntN(28), rnd.IntN(1000))
	case *schema.GeoPoint:
		return schema.Point{Lon: float64(rnd.IntN(360000)) / 1e3, Lat: rnd.Float64() * [...]float64{1, 1e-7, -90}[rnd.IntN(3)]}
	case *schema.JSON:
		b, _ := schema.Marshal(map[string]any{text(): texts(), "n": rnd.Float64()})
		return json.RawMessage(b)
	case *schema.Select, *schema.File, *schema.Relation:
		return f.Kind.Cast(texts())
	}
	return f.Kind.Cast(text())
}

// Values that old databases and other programs may have stored are read in the same way by both
// paths.
func TestRowOfOddlyStoredValues(t *testing.T) {
	t.Parallel()
	c := everyKind()
	p := newProjection(c, true)
	odd := []store.Value{
		store.Null, store.Text(""), store.Text("[]"), store.Text(`["a"]`), store.Text(`["a","b"]`), store.Text(`["a", "b"]`),
		store.Text(`["a","a"]`), store.Text(`["a",""]`), store.Text(`["a",1]`), store.Text(`["a"`), store.Text(`["a",]`),
		store.Text(`["a"]]`), store.Text(`[""]`), store.Text(`["\u0061"]`), store.Text("[[]]"), store.Text(`"a"`), store.Text("bare"),
		store.Text("a<b"), store.Text("null"), store.Text(" 1"), store.Text("1.0"), store.Text("true"), store.Text("no"),
		store.Text("{}"), store.Text("{"), store.Text("\xff"), store.Text("\x00"),
		store.Text(`{"lon":1,"lat":2}`), store.Text(`{"lon": 1.50,"lat":2}`), store.Text(`{"lon":01,"lat":2}`), store.Text(`{"lon":1.0,"lat":2}`),
		store.Text(`{"lon":-0,"lat":-0.5}`), store.Text(`{"lon":1234567890123456789,"lat":0.00000012}`), store.Text(`{"lon":1,"lat":2}}`),
		store.Text(`{"lat":1,"lon":2}`), store.Text(`{"lon":"1","lat":2}`), store.Text(`{"lon":,"lat":}`), store.Text(`{"lon":.5,"lat":5.}`),
		store.Text("2024-02-29 10:00:00.000Z"), store.Text("2023-02-29 10:00:00.000Z"), store.Text("2024-02-28 10:00:00.000Z"),
		store.Text("2024-02-28 24:00:00.000Z"), store.Text("0000-01-01 00:00:00.000Z"), store.Text("0001-01-01 00:00:00.000Z"),
		store.Text("2024-13-01 00:00:00.000Z"), store.Text("2024-02-03"), store.Text("2024-02-28T10:00:00.000Z"), store.Text("2024-02-28 10:00:00.00xZ"),
		store.Int(0), store.Int(1), store.Int(-7), store.Int(1<<53 + 1), store.Float(1.5), store.Float(2), store.Float(math.Inf(1)),
	}
	for _, v := range odd {
		row := make([]store.Value, len(p.columns))
		for i := range row {
			row[i] = v
		}
		rows := &memRows{rows: [][]store.Value{row}, at: 1}
		r := Blank(c)
		for i, f := range c.Fields {
			if col := p.column[i]; col >= 0 {
				r.values[i] = f.Load(rows, col)
			}
		}
		fast, _ := p.appendRow(nil, rows, true)
		full, _ := p.appendRecord(nil, r, true)
		if string(fast) != string(full) {
			t.Errorf("stored %+v\nappendRow:    %s\nappendRecord: %s", v, fast, full)
		}
		if !json.Valid(fast) {
			t.Errorf("stored %+v: appendRow gives invalid JSON: %s", v, fast)
		}
	}
}

func FuzzPlainForms(f *testing.F) {
	for _, seed := range []string{"", "a", "[]", `["a","b"]`, `{"lon":1.5,"lat":-2}`, "2024-02-28 10:00:00.000Z",
		`{"a":[1,2.5,-0.5,true,false,null,{},[]],"b":"c"}`, `{"a":1,}`, `[1,]`, `[1 ]`, `{"a" :1}`, `{a:1}`, `{"a"}`, `[`, `[[`, `"a`, `"<"`,
		"01", "1e5", "-0", "-", "1.", "1.50", "nul", "nullx", "truefalse", "[1][", strings.Repeat("[", 40) + strings.Repeat("]", 40),
	} {
		f.Add(seed)
	}
	for month := 1; month <= 13; month++ {
		for day := 27; day <= 32; day++ {
			f.Add(fmt.Sprintf("2023-%02d-%02d 10:00:00.000Z", month, day))
		}
	}
	c := everyKind()
	p := newProjection(c, true)
	f.Fuzz(func(t *testing.T, text string) {
		row := make([]store.Value, len(p.columns))
		for i := range row {
			row[i] = store.Text(text)
		}
		rows := &memRows{rows: [][]store.Value{row}, at: 1}
		for i := range p.segments {
			p := &p.segments[i]
			if p.field == nil {
				continue
			}
			fast := p.appendColumn(nil, rows)
			full := schema.AppendValue(nil, p.field, p.field.Load(rows, p.col))
			if string(fast) != string(full) {
				t.Errorf("%s stored as %q: %s, want %s", p.field.Type(), text, fast, full)
			}
		}
	})
}

// TestPlainJSONIsCopied checks that JSON which passes for plain is equal to its encoded form.
func TestPlainJSONIsCopied(t *testing.T) {
	t.Parallel()
	const pieces = `{}[]",:0123.-+e \<é`
	words := []string{"true", "false", "null", `"a"`, `"key":`, "1.5", "-2", "{}", "[]", `{"a":`, "[1,"}
	r := rand.New(rand.NewPCG(1, 2))
	plain := 0
	for range 200_000 {
		var b []byte
		for range r.IntN(8) {
			if r.IntN(4) == 0 {
				b = append(b, pieces[r.IntN(len(pieces))])
			} else {
				b = append(b, words[r.IntN(len(words))]...)
			}
		}
		if !plainJSON(b) {
			continue
		}
		plain++
		if got := schema.AppendJSON(nil, b); string(got) != string(b) {
			t.Fatalf("%q passes for plain, but is written as %s", b, got)
		}
	}
	if plain < 1000 {
		t.Errorf("only %d texts were plain", plain)
	}
	for text, want := range map[string]bool{
		`{"a":[1,2.5,-0.5,true,false,null,{},[]],"b":"c"}`: true,
		`"x"`: true, "0": true, `{"a":1,}`: false, `[1 ]`: false, `{"a":1}x`: false, "": false, "[": false,
		strings.Repeat("[", 31) + strings.Repeat("]", 31): true, strings.Repeat("[", 40) + strings.Repeat("]", 40): false,
	} {
		if got := plainJSON([]byte(text)); got != want {
			t.Errorf("plainJSON(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestEncodingARowAllocatesNothing(t *testing.T) {
	c := everyKind()
	var set rowset
	r := Blank(c)
	r.Set("r9", []string{"abcdefghijklmno", "bbcdefghijklmno"})
	r.Set("z_geo", schema.Point{Lon: 2.35, Lat: 48.85})
	r.Set("updated", "2024-02-28 10:00:00.000Z")
	set.reset(newProjection(c, true), nil, nil)
	row := &staticRows{memRows: *storedRow(set.projection, r)}
	row.keep()
	for range 100 {
		set.add(row, Caller{})
	}
	got := testing.AllocsPerRun(10, func() {
		set.reset(set.projection, nil, nil)
		for range 100 {
			set.add(row, Caller{})
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for 100 rows, want 0", got)
	}
}

// staticRows makes the bytes of its columns once, as a database does.
type staticRows struct {
	memRows
	bytes [][]byte
}

func (s *staticRows) keep() {
	for col := range s.rows[0] {
		s.bytes = append(s.bytes, s.memRows.Bytes(col))
	}
}

func (s *staticRows) Bytes(col int) []byte { return s.bytes[col] }

func BenchmarkEncodeRow(b *testing.B) {
	c := everyKind()
	r := Blank(c)
	for _, f := range c.Fields {
		r.Set(f.Name, "a text of a usual length")
	}
	r.Set("r9", []string{"abcdefghijklmno", "bbcdefghijklmno"})
	r.Set("z_geo", schema.Point{Lon: 2.35, Lat: 48.85})
	r.Set("updated", "2024-02-28 10:00:00.000Z")
	for _, n := range []int{30, 500} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var set rowset
			set.reset(newProjection(c, false), nil, nil)
			row := &staticRows{memRows: *storedRow(set.projection, r)}
			row.keep()
			b.ReportAllocs()
			for b.Loop() {
				set.reset(set.projection, nil, nil)
				for range n {
					set.add(row, Caller{})
				}
			}
			b.SetBytes(int64(len(set.buf)))
		})
	}
}

// Each class of fields has an encoding.
func TestEveryClassHasAnEncoding(t *testing.T) {
	t.Parallel()
	for _, class := range schema.Classes() {
		if encodings[class] == encodeNothing {
			t.Errorf("encodings lacks the class %d", class)
		}
	}
	if len(encodings) != len(schema.Classes()) {
		t.Errorf("encodings has %d classes, want the %d of schema.Classes", len(encodings), len(schema.Classes()))
	}
}

// TestDaysOfMonths checks that the days which a month has in every year are copied, and no others.
func TestDaysOfMonths(t *testing.T) {
	t.Parallel()
	for month := 0; month <= 13; month++ {
		for day := 0; day <= 32; day++ {
			text := fmt.Sprintf("2023-%02d-%02d", month, day)
			_, err := time.Parse(time.DateOnly, text)
			if got := plainTime([]byte(text + " 10:00:00.000Z")); got != (err == nil) {
				t.Errorf("plainTime of %s is %t", text, got)
			}
		}
	}
	if plainTime([]byte("2024-02-29 10:00:00.000Z")) {
		t.Error("a leap day passes without a look at the year")
	}
}
