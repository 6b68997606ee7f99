package sheet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/admin/internal/task"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

type object = map[string]any

// bench is an app with a collection that has a field of every type.
type bench struct {
	t *testing.T
	*core.App
	sheets *sheet.Service
}

const kinds = `{"name": "kinds", "type": "base", "fields": [
	{"name": "text", "type": "text"}, {"name": "sku", "type": "text"}, {"name": "rich", "type": "editor"}, {"name": "n", "type": "number"},
	{"name": "yes", "type": "bool"}, {"name": "mail", "type": "email"}, {"name": "link", "type": "url"}, {"name": "day", "type": "date"},
	{"name": "one", "type": "select", "values": ["a", "b,c", "d;e"], "maxSelect": 1}, {"name": "many", "type": "select", "values": ["a", "b,c", "d;e"], "maxSelect": 3},
	{"name": "place", "type": "geoPoint"}, {"name": "data", "type": "json"}, {"name": "files", "type": "file", "maxSelect": 3},
	{"name": "secret", "type": "password", "cost": 4}, {"name": "friend", "type": "relation", "collectionId": "FRIENDS", "maxSelect": 1},
	{"name": "friends", "type": "relation", "collectionId": "FRIENDS", "maxSelect": 9},
	{"name": "created", "type": "autodate", "onCreate": true}, {"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true}
], "indexes": ["CREATE UNIQUE INDEX kinds_sku ON kinds (sku) WHERE sku != ''", "CREATE UNIQUE INDEX kinds_text ON kinds (text)"]}`

func newBench(t *testing.T) *bench {
	t.Helper()
	app := coretest.New(t)
	friends := coretest.Collection(t, app, `{"name": "friends", "type": "base", "fields": [
		{"name": "id", "type": "text", "primaryKey": true, "system": true, "required": true, "max": 40, "pattern": "^[a-zA-Z0-9,-]+$", "autogeneratePattern": "[a-z0-9]{15}"},
		{"name": "name", "type": "text", "presentable": true}]}`)
	coretest.Collection(t, app, strings.ReplaceAll(kinds, "FRIENDS", friends.ID))
	parents := coretest.Collection(t, app, `{"name": "nodes", "type": "base", "fields": [{"name": "name", "type": "text"}]}`)
	_, err := app.Collections().Update(t.Context(), record.Root(), "nodes", []byte(`{"fields": [{"name": "name", "type": "text"},
		{"name": "parent", "type": "relation", "collectionId": "`+parents.ID+`", "maxSelect": 1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	coretest.Collection(t, app, `{"name": "members", "type": "auth", "fields": [{"name": "name", "type": "text"}]}`)
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	tasks := task.New(func(_ string, fn func(context.Context) error) {
		running.Go(func() { fn(t.Context()) }) //nolint:errcheck // the task reports the error
	}, app.Now)
	return &bench{t, app, sheet.New(app, tasks)}
}

func (b *bench) create(collection string, body object) string {
	return coretest.Create(b.t, b.App, collection, body)["id"].(string)
}

// export returns the file of an export of the collection.
func (b *bench) export(collection string, format sheet.Format) string {
	b.t.Helper()
	var out bytes.Buffer
	e := sheet.Export{Collection: collection, Format: format}
	if err := e.Write(b.t.Context(), b.Records(), b.Snapshot(), record.Root(), &out); err != nil {
		b.t.Fatal(err)
	}
	return out.String()
}

// open opens an import of the text; change, which may be nil, edits its plan.
func (b *bench) open(collection, text string, change func(p *sheet.Plan)) *sheet.Job {
	b.t.Helper()
	j, err := b.sheets.Open(b.t.Context(), collection, "file", strings.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		p := j.View().Plan
		change(&p)
		if err := j.SetPlan(p); err != nil {
			b.t.Fatal(err)
		}
	}
	return j
}

func (b *bench) check(j *sheet.Job) sheet.Report {
	b.t.Helper()
	return b.done(j, j.Check(record.Root()))
}

func (b *bench) run(j *sheet.Job) sheet.Report {
	b.t.Helper()
	return b.done(j, j.Run(record.Root()))
}

func (b *bench) done(j *sheet.Job, err error) sheet.Report {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	t := j.View().Task
	<-t.Over()
	if err := t.Status().Err; err != nil {
		b.t.Fatal(err)
	}
	return j.View().Report
}

func (b *bench) expect(what string, r sheet.Report, created, updated, skipped, bad int) {
	b.t.Helper()
	if got, want := [4]int{r.Created, r.Updated, r.Skipped, r.Bad}, [4]int{created, updated, skipped, bad}; got != want {
		b.t.Errorf("%s: created, updated, skipped, bad = %v, want %v; %v", what, got, want, r.Problems)
	}
}

// value returns a field, as JSON, of the only record that matches the filter.
func (b *bench) value(collection, filter, field string) string {
	b.t.Helper()
	found, err := b.Records().Find(b.t.Context(), record.Root(), record.Query{Collection: collection, Filter: filter})
	if err != nil || len(found) != 1 {
		b.t.Fatalf("%s: %d records, %v", filter, len(found), err)
	}
	text, err := json.Marshal(found[0].Get(field))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// An import of an export restores every value, for a field of every type: over the existing
// records, and after their deletion.
func TestExportThenImportIsTheIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	friend, other := b.create("friends", object{"id": "Ann-1,A", "name": "Ann"}), b.create("friends", object{"name": "Bo"})
	b.create("kinds", object{"text": "", "data": nil})
	b.create("kinds", object{"text": " a\r\nb\n\"c\",d;e\t|=1+1 ", "sku": "007", "rich": "<p>é€😀</p>", "n": -1234567.125, "yes": true, "mail": "a@b.se",
		"link": "https://a.se/?b=1,2", "day": "2026-03-04 05:06:07.089Z", "one": "b,c", "many": []string{"d;e", "b,c"}, "place": object{"lon": 1.25, "lat": -2},
		"data": json.RawMessage(`{"b": 12345678901234567890, "a": [1.0, null, "x"]}`), "secret": "12345678", "friend": friend, "friends": []string{other, friend}})
	for i, data := range []string{`""`, `"text"`, `"null"`, `[]`, `0`, `false`, `{}`} {
		b.create("kinds", object{"text": fmt.Sprint("json ", i), "data": json.RawMessage(data), "n": 3.125, "many": []string{"a"}})
	}
	upload, err := blob.NewUpload("a.txt", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("content")), nil }, 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Records().Create(t.Context(), record.Root(), "kinds", record.Input{Body: object{"text": "with a file"}, Files: map[string][]*blob.Upload{"files": {upload}}}); err != nil {
		t.Fatal(err)
	}
	for _, format := range []sheet.Format{sheet.CSV, sheet.JSON} {
		before := b.export("kinds", format)
		if strings.Contains(before, "$2a$") || strings.Contains(before, "secret") {
			t.Error("a password is in the file")
		}
		j := b.open("kinds", before, nil)
		b.expect("check", b.check(j), 0, 10, 0, 0)
		if r := b.run(j); r.Total != 10 {
			t.Errorf("total = %d", r.Total)
		}
		if after := b.export("kinds", format); after != before {
			t.Errorf("%s over what was there:\n%s, want\n%s", format, after, before)
		}
		if b.value("kinds", "sku = '007'", "secret") == `""` {
			t.Error("the password was lost")
		}
	}
	if _, err := b.Records().DeleteWhere(t.Context(), record.Root(), "kinds", "files:length > 0", nil); err != nil {
		t.Fatal(err)
	}
	for _, format := range []sheet.Format{sheet.CSV, sheet.JSON} {
		before := b.export("kinds", format)
		if err := b.Records().Truncate(t.Context(), record.Root(), "kinds"); err != nil {
			t.Fatal(err)
		}
		j := b.open("kinds", before, nil)
		b.check(j)
		b.expect("in place of it", b.run(j), 9, 0, 0, 0)
		if after := b.export("kinds", format); after != before {
			t.Errorf("%s in place of what was there:\n%s, want\n%s", format, after, before)
		}
	}
}

// Files of other programs can be imported.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("friends", object{"name": "Blåbär"})
	const text = "Text;SKU;N;Day;Many;Friends;Yes;Place;Ignored\r\n" +
		"Åsa;00123;1.234,50;31/01/2026;a|b,c;Blåbär;yes;56.3, 12.5;x\r\n" +
		"\r\n" +
		"Ünal;;-3,5;28.2.2026 13:30;;;no;;\r\n"
	wide := func(order func(u uint16) []byte, mark string) string {
		out := []byte(mark)
		for _, u := range utf16.Encode([]rune(text)) {
			out = append(out, order(u)...)
		}
		return string(out)
	}
	little := func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} }
	big := func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} }
	latin := make([]byte, 0, len(text))
	for _, r := range text {
		latin = append(latin, byte(r))
	}
	for name, data := range map[string]string{
		"UTF-8": text, "UTF-8 with a mark": "\ufeff" + text, "UTF-16 little": wide(little, "\xff\xfe"), "UTF-16 big": wide(big, "\xfe\xff"),
		"UTF-16 without a mark": wide(little, ""), "Windows-1252": string(latin), "with tabs": strings.ReplaceAll(text, ";", "\t"),
	} {
		j := b.open("kinds", data, nil)
		if c := j.View().Plan.Columns; c[2].As != "comma" || c[3].As != "dmy" || c[5].As != "by name" || c[8].Field != "" {
			t.Errorf("%s: read as %v", name, c)
		}
		b.check(j)
		b.expect(name, b.run(j), 2, 0, 0, 0)
		got := ""
		for _, field := range []string{"text", "n", "day", "many", "yes", "place"} {
			got += b.value("kinds", "sku = '00123'", field) + " " // a leading zero is kept
		}
		if want := `"Åsa" 1234.5 "2026-01-31 00:00:00.000Z" ["a","b,c"] true {"lon":12.5,"lat":56.3} `; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := b.value("kinds", "text = 'Ünal'", "day") + b.value("kinds", "friends.name ?= 'Blåbär'", "sku"); got != `"2026-02-28 13:30:00.000Z""00123"` {
			t.Errorf("%s: %s", name, got)
		}
		if err := b.Records().Truncate(t.Context(), record.Root(), "kinds"); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string]string{"nothing": " \n", "a quote": "text\n\"a", "no list": "[1]", "half a list": `[{"text": "a"}, `} {
		if _, err := b.sheets.Open(t.Context(), "kinds", "file", strings.NewReader(data)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for data, line := range map[string]string{"[{\"text\": \"a\"},\n{\"text\": 2,}]": "Line 2:", "[{\"text\": \"a\"},\n\n7]": "Line 3:", "{\"text\": 1}\n{\"text\": 2\n": "Line 3:"} {
		if _, err := b.sheets.Open(t.Context(), "kinds", "file", strings.NewReader(data)); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v, want %s", data, err, line)
		}
	}
}

// The decimal mark of a column of numbers, and the order of day and month in a column of dates, are
// guessed from the values. A value that does not fit makes its row bad and is never stored as
// another number or date.
func TestNumbersAndDates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct{ field, values, as, want string }{
		{"n", "0,125|0,250", "comma", "0.125 0.25"},
		{"n", "1,234|2,500", "comma", "1.234 2.5"}, // the cells of the file are separated by semicolons
		{"n", "1,234,567|2,500", "dot", "1.234567e+06 2500"},
		{"n", "1 234,5|12'500,75", "comma", "1234.5 12500.75"},
		{"n", "2.500,5|1.234", "comma", "2500.5 1234"},
		{"n", "1,234.5|0,5.1", "dot", "1234.5 bad"},
		{"n", "3.40|2.500,5", "comma", "bad 2500.5"},
		{"day", "2026/01/31|2026-1-3 8:05|2026-02-30", "iso", "2026-01-31 00:00:00.000Z 2026-01-03 08:05:00.000Z bad"},
		{"day", "31.12.26|1.2.69 23:59:01", "dmy", "2026-12-31 00:00:00.000Z 1969-02-01 23:59:01.000Z"},
		{"day", "1/31/2026 2:30 PM|1/2/26 12:05 a.m.|1/3/2026 13:00 PM", "mdy", "2026-01-31 14:30:00.000Z 2026-01-02 00:05:00.000Z bad"},
		{"day", "31-Jan-2026|Jan 31, 2026|1 March 2026", "iso", "2026-01-31 00:00:00.000Z 2026-01-31 00:00:00.000Z 2026-03-01 00:00:00.000Z"},
		{"day", "2026-01-31T08:00:00.5+02:00|20260131", "iso", "2026-01-31 06:00:00.500Z bad"},
	} {
		values := strings.Split(c.values, "|")
		text := "text;" + c.field + "\n"
		for i, value := range values {
			text += fmt.Sprintf("S%d;%s\n", i, value)
		}
		j := b.open("kinds", text, func(p *sheet.Plan) { p.SkipBad = true })
		if as := j.View().Plan.Columns[1].As; as != c.as {
			t.Errorf("%s: read as %s, want %s", c.values, as, c.as)
		}
		b.check(j)
		b.run(j)
		var got []string
		for i := range values {
			found, err := b.Records().Find(t.Context(), record.Root(), record.Query{Collection: "kinds", Filter: fmt.Sprintf("text = 'S%d'", i)})
			switch {
			case err != nil:
				t.Fatal(err)
			case len(found) == 0:
				got = append(got, "bad")
			default:
				got = append(got, fmt.Sprint(found[0].Get(c.field)))
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.values, got, c.want)
		}
		if err := b.Records().Truncate(t.Context(), record.Root(), "kinds"); err != nil {
			t.Fatal(err)
		}
	}
}

// Text after the last column makes a row bad; empty cells there do not. A line sep=; before the
// header names the separator.
func TestRowsThatAreTooLong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	j := b.open("kinds", "sep=;\ntext;sku\na, b, c;1;;\nb;2;left over;\nc;3\n", nil)
	r := b.check(j)
	b.expect("check", r, 2, 0, 0, 1)
	if got := fmt.Sprint(r.Problems); !strings.Contains(got, "[4]") || !strings.Contains(got, `"left over`) {
		t.Errorf("problems: %s", got)
	}
}

// The check reports bad rows before anything is written; the import then writes all rows, or only
// the good ones.
func TestBadRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create("kinds", object{"text": "there", "sku": "S1"})
	const text = "text,sku,n,one,friend\n" +
		"a,S2,1,a,\n" + // a good row
		"b,S3,x,a,\n" + // not a number
		"c,S4,1,z,\n" + // not an option of the select
		"d,S2,1,a,\n" + // the same unique value as row 2
		"there,S5,1,a,\n" + // a unique value of an existing record
		"e,S6,1,a,nobody00000000x\n" // a relation to a missing record
	j := b.open("kinds", text, nil)
	r := b.check(j)
	b.expect("check", r, 1, 0, 0, 5)
	var said []string
	for _, p := range r.Problems {
		said = append(said, fmt.Sprintf("%s %v %s", p.Field, p.Rows, p.Message))
	}
	if got := strings.Join(said, "\n"); !strings.Contains(got, `n [3] "x" is no number.`) || !strings.Contains(got, "sku [5] Row 2 has the same value.") || !strings.Contains(got, "one [4]") {
		t.Errorf("problems:\n%s", got)
	}
	if n, _ := b.Records().Count(t.Context(), "kinds"); n != 1 {
		t.Errorf("a check has left %d records", n)
	}
	if err := j.Run(record.Root()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("bad rows are written: %v", err)
	}
	var before bytes.Buffer
	if err := j.Rejects(&before); err != nil || strings.Count(before.String(), "\r\n") != 6 || !strings.Contains(before.String(), `b,S3,x,a,,3,"n: ""x"" is no number."`) {
		t.Errorf("rejects: %s, %v", before.String(), err)
	}

	j = b.open("kinds", text, func(p *sheet.Plan) { p.SkipBad = true })
	b.check(j)
	b.expect("the good ones", b.run(j), 1, 0, 0, 5)
	b.value("kinds", "sku = 'S2'", "n")

	// A row may also become bad after the check; then no row is imported.
	j = b.open("kinds", "text\nnew 1\nnew 2\n", nil)
	b.expect("check", b.check(j), 2, 0, 0, 0)
	b.create("kinds", object{"text": "new 2"})
	if r := b.run(j); !r.Undone || r.Created != 0 || r.Bad != 1 {
		t.Errorf("not undone: %+v", r)
	}
	if n, _ := b.Records().Count(t.Context(), "kinds"); n != 3 {
		t.Errorf("there are %d records", n)
	}
}

// A repeated import of a file creates no duplicates.
func TestRepeat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const text = "text,sku,n\nx,S1,1\ny,S2,\n"
	bySKU := func(existing sheet.Existing, empty sheet.Empty) func(*sheet.Plan) {
		return func(p *sheet.Plan) { p.Match, p.Existing, p.Columns[2].Empty = "sku", existing, empty }
	}
	for i, c := range []struct {
		text    string
		change  func(*sheet.Plan)
		numbers [4]int
		n       string
	}{
		{text, bySKU(sheet.Update, sheet.AsEmpty), [4]int{2, 0, 0, 0}, "0"},
		{"text,sku,n\nx,S1,1\ny,S2,5\nz,S3,7\n", bySKU(sheet.Update, sheet.AsEmpty), [4]int{1, 2, 0, 0}, "5"},
		{text, bySKU(sheet.Update, sheet.AsDefault), [4]int{0, 2, 0, 0}, "5"},
		{text, bySKU(sheet.Skip, sheet.AsEmpty), [4]int{0, 0, 2, 0}, "5"},
		{text, bySKU(sheet.Update, sheet.AsEmpty), [4]int{0, 2, 0, 0}, "0"},
	} {
		j := b.open("kinds", c.text, c.change)
		checked := b.check(j)
		r := b.run(j)
		b.expect(fmt.Sprint("check of ", i), checked, c.numbers[0], c.numbers[1], c.numbers[2], c.numbers[3])
		b.expect(fmt.Sprint("run of ", i), r, c.numbers[0], c.numbers[1], c.numbers[2], c.numbers[3])
		if got := b.value("kinds", "sku = 'S2'", "n"); got != c.n {
			t.Errorf("%d: n = %s, want %s", i, got, c.n)
		}
	}
	j := b.open("kinds", text, bySKU(sheet.Refuse, sheet.AsEmpty))
	b.expect("refuse", b.check(j), 0, 0, 0, 2)
	if err := j.SetPlan(sheet.Plan{Match: "n", Columns: j.View().Plan.Columns}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("rows are recognised by a field that is not unique: %v", err)
	}
}

// Records of a tree can be in any order in the file.
func TestRelationsWithinTheFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := b.create("nodes", object{"id": "root00000000000", "name": "root"})
	const text = "id,name,parent\nleaf00000000000,leaf,twig00000000000\ntwig00000000000,twig,root00000000000\n"
	j := b.open("nodes", text, nil)
	b.expect("check", b.check(j), 2, 0, 0, 0)
	b.expect("run", b.run(j), 2, 0, 0, 0)
	if got := b.value("nodes", "parent.parent = '"+root+"'", "name"); got != `"leaf"` {
		t.Errorf("found %s", got)
	}
	j = b.open("nodes", "name,parent\nbad,nothing00000000\n", nil)
	b.expect("a parent that is not there", b.check(j), 0, 0, 0, 1)
}

// Accounts get the password in the file, or a random password.
func TestAccounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, skip := range []bool{true, false} {
		mail := fmt.Sprintf("a%v@b.se", skip)
		j := b.open("members", "email,password,verified\n"+mail+",12345678,true\nx"+mail+",,no\n", func(p *sheet.Plan) { p.SkipBad = skip })
		b.expect("check", b.check(j), 2, 0, 0, 0)
		b.expect("run", b.run(j), 2, 0, 0, 0)
		if b.value("members", "email = '"+mail+"'", "verified") != "true" {
			t.Error("not verified")
		}
	}
}

// Each record is in the file once, even if others write during the export.
func TestExportWhileOthersWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const there = 1200
	for i := range there {
		coretest.Record(t, b.App, "friends", object{"name": fmt.Sprint(i)})
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := b.Records().Create(t.Context(), record.Root(), "friends", record.Input{Body: object{"name": fmt.Sprint("new ", i)}}); err != nil {
				t.Error(err)
			}
		}
	})
	text := b.export("friends", sheet.CSV)
	stop()
	writers.Wait()
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		seen[strings.Split(strings.TrimSpace(line), ",")[1]]++
	}
	for i := range there {
		if seen[fmt.Sprint(i)] != 1 {
			t.Fatalf("record %d is there %d times", i, seen[fmt.Sprint(i)])
		}
	}
}

// A cancelled import leaves no records.
func TestCancel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var text strings.Builder
	text.WriteString("name\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "%d\n", i)
	}
	j := b.open("friends", text.String(), nil)
	b.check(j)
	if err := j.Run(record.Root()); err != nil {
		t.Fatal(err)
	}
	run := j.View().Task
	run.Cancel()
	<-run.Over()
	if v := j.View(); run.Status().Err == nil || v.Stage != sheet.Done || !v.Report.Undone {
		t.Errorf("a cancelled import: %+v, %v", v.Report, run.Status())
	}
	if n, _ := b.Records().Count(t.Context(), "friends"); n != 0 {
		t.Errorf("it has left %d records", n)
	}
}
