package record_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

const writers = `{"id": "writers00000001", "name": "writers", "listRule": "name != 'nobody'", "viewRule": "name != 'nobody'",
	"fields": [{"name": "name", "type": "text"}]}`

const articles = `{"name": "articles", "listRule": "stars > 2", "viewRule": "stars > 1", "createRule": "", "updateRule": "", "deleteRule": "",
	"fields": [
	{"name": "title", "type": "text", "required": true}, {"name": "stars", "type": "number"}, {"name": "open", "type": "bool"},
	{"name": "due", "type": "date"}, {"name": "tags", "type": "select", "values": ["a", "b"], "maxSelect": 2},
	{"name": "data", "type": "json"}, {"name": "at", "type": "geoPoint"}, {"name": "secret", "type": "text", "hidden": true},
	{"name": "writer", "type": "relation", "collectionId": "writers00000001", "maxSelect": 1},
	{"name": "created", "type": "autodate", "onCreate": true}]}`

type tag string

type article struct {
	ID      string                     `json:"id"`
	In      string                     `json:"collectionName"`
	Title   string                     `json:"title"`
	Stars   int                        `json:"stars"`
	Open    bool                       // without a tag: mapped by its name
	Due     time.Time                  `json:"due"`
	Tags    []tag                      `json:"tags"`
	Data    map[string]int             `json:"data"`
	At      struct{ Lon, Lat float64 } `json:"at"`
	Writer  string                     `json:"writer"`
	Created time.Time                  `json:"created"`
	Note    string                     `json:"-"`
	Expand  struct {
		Writer *writer `json:"writer"`
	} `json:"expand"`
}

type writer struct {
	ID, Name string
	Expand   struct {
		Articles []article `json:"articles_via_writer"`
	} `json:"expand"`
}

func newsroom(t testing.TB) *bed {
	t.Helper()
	return newBed(t, writers, articles)
}

func TestTypedRecords(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	ctx := t.Context()
	all := core.Bind[article](b.Records(), "articles")
	if err := all.Check(); err != nil {
		t.Fatal(err)
	}
	ann := b.add("writers", object{"name": "Ann"})
	due := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	a := article{Title: "Ferns", Stars: 3, Open: true, Due: due, Tags: []tag{"b", "a"}, Data: map[string]int{"k": 1}, Writer: ann, Note: "mine"}
	a.At.Lon = 7.5
	if err := all.Save(ctx, &a); err != nil {
		t.Fatal(failure(err))
	}
	if a.ID == "" || a.Created.IsZero() || a.In != "articles" || a.Note != "" {
		t.Errorf("Save leaves %+v, want the stored record", a)
	}
	got, err := all.FindByID(ctx, a.ID)
	if err != nil || fmt.Sprint(*got) != fmt.Sprint(a) {
		t.Errorf("FindByID = %+v, %v, want %+v", got, err, a)
	}
	a.Stars, a.Title = 4, "Tree ferns"
	if err := all.Save(ctx, &a); err != nil || b.stored("articles", a.ID).Int("stars") != 4 {
		t.Errorf("Save of a stored record = %v", failure(err))
	}
	low := article{Title: "Mosses", Stars: 1, Writer: ann}
	if err := all.Save(ctx, &low); err != nil {
		t.Fatal(failure(err))
	}
	query := record.Query{Filter: "stars >= {:n} && title ~ {:word}", Params: map[string]any{"n": 1, "word": "s"}, Sort: "-stars", Expand: "writer"}
	list, err := all.Find(ctx, query)
	if err != nil || len(list) != 2 || list[0].Expand.Writer == nil || list[0].Expand.Writer.Name != "Ann" {
		t.Fatalf("Find = %+v, %v, want both, with their writer", list, err)
	}
	if n, err := all.Count(ctx, query); n != 2 || err != nil {
		t.Errorf("Count = %d, %v, want 2", n, err)
	}
	if first, err := all.FindOne(ctx, query); err != nil || first.ID != a.ID {
		t.Errorf("FindOne = %+v, %v, want %s", first, err, a.ID)
	}
	byIDs, err := all.FindByIDs(ctx, low.ID, "none", a.ID, low.ID)
	if err != nil || len(byIDs) != 2 || byIDs[0].ID != low.ID || byIDs[1].ID != a.ID {
		t.Errorf("FindByIDs = %+v, %v, want both in the order of the ids", byIDs, err)
	}
	people, err := core.Bind[writer](b.Records(), "writers").Find(ctx, record.Query{Expand: "articles_via_writer"})
	if err != nil || len(people) != 1 || len(people[0].Expand.Articles) != 2 || people[0].Expand.Articles[0].Title != "Tree ferns" {
		t.Errorf("writers with their articles = %+v, %v", people, err)
	}
	if err := all.Delete(ctx, low.ID); err != nil || b.stored("articles", low.ID) != nil {
		t.Errorf("Delete = %v", err)
	}
}

// Typed.As applies the rules to a caller: the list rule to lists, the view rule to ids and to
// related records.
func TestTypedRecordsOfACaller(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	ctx := t.Context()
	nobody := b.add("writers", object{"name": "nobody"})
	three := b.add("articles", object{"title": "three", "stars": 3, "writer": nobody})
	two := b.add("articles", object{"title": "two", "stars": 2})
	one := b.add("articles", object{"title": "one", "stars": 1})
	seen := core.Bind[article](b.Records(), "articles").As(guest)
	list, err := seen.Find(ctx, record.Query{Expand: "writer"})
	if err != nil || len(list) != 1 || list[0].ID != three || list[0].Expand.Writer != nil {
		t.Errorf("Find of a guest = %+v, %v, want the one of three stars, without its writer", list, err)
	}
	if n, err := seen.Count(ctx, record.Query{}); n != 1 || err != nil {
		t.Errorf("Count of a guest = %d, %v", n, err)
	}
	if got, err := seen.FindByID(ctx, two); err != nil || got.ID != two {
		t.Errorf("FindByID of a guest = %+v, %v", got, err)
	}
	if _, err := seen.FindByID(ctx, one); fault.KindOf(err) != fault.NotFound {
		t.Errorf("FindByID against the view rule = %v, want not found", err)
	}
	if got, err := seen.FindByIDs(ctx, one, two); err != nil || len(got) != 1 || got[0].ID != two {
		t.Errorf("FindByIDs of a guest = %+v, %v", got, err)
	}
	if _, err := seen.Find(ctx, record.Query{Filter: "secret = 'x'"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a filter by a hidden field = %v, want invalid", err)
	}
}

// Errors name the collection and the field that do not fit.
func TestTypedRecordsThatDoNotFit(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	ctx := t.Context()
	b.add("articles", object{"title": "half", "stars": 1.5})
	type wrong struct {
		ID    string `json:"id"`
		Titel string `json:"titel"`
		Stars string `json:"stars"`
		Tags  string `json:"tags"`
		Open  []bool `json:"open"`
	}
	unbound := core.Bind[article](nil, "articles")
	missing := core.Bind[article](b.Records(), "artikel")
	all := core.Bind[article](b.Records(), "articles")
	first := func(r any, err error) error { return err }
	for name, test := range map[string]struct {
		err  error
		kind fault.Kind
		want []string
	}{
		"fields":     {core.Bind[wrong](b.Records(), "articles").Check(), fault.Internal, []string{`"articles" has no field "titel"`, "wrong.Stars", "articles.stars, which is a number", "articles.tags", "articles.open"}},
		"no struct":  {core.Bind[int](b.Records(), "articles").Check(), fault.Internal, []string{"int is no struct"}},
		"not open":   {unbound.Check(), fault.Internal, []string{"not open"}},
		"collection": {first(missing.Find(ctx, record.Query{})), fault.NotFound, []string{`"artikel"`}},
		"another":    {first(all.Find(ctx, record.Query{Collection: "writers"})), fault.Internal, []string{`"writers"`, `"articles"`}},
		"filter":     {first(all.Find(ctx, record.Query{Filter: "titel = 1"})), fault.Invalid, []string{`"articles"`, "titel"}},
		"parameter":  {first(all.Find(ctx, record.Query{Filter: "title = {:t}", Params: map[string]any{"x": 1}})), fault.Invalid, []string{`"articles"`, "t"}},
		"sort":       {first(all.Find(ctx, record.Query{Sort: "titel"})), fault.Invalid, []string{`"articles"`, "titel"}},
		"relation":   {first(all.Find(ctx, record.Query{Expand: "writr"})), fault.Invalid, []string{`"articles"`, "writr"}},
		"value":      {first(all.Find(ctx, record.Query{})), fault.Internal, []string{"stars of articles/", "1.5 is no int"}},
		"save":       {all.Save(ctx, &article{}), fault.Invalid, []string{`"articles"`, "title"}},
		"nil":        {all.Save(ctx, nil), fault.Internal, []string{"nil"}},
		"update":     {all.Save(ctx, &article{ID: "none00000000000", Title: "x"}), fault.NotFound, []string{`"articles"`}},
		"delete":     {all.Delete(ctx, "none00000000000"), fault.NotFound, []string{`"articles"`}},
		"no id": {core.Bind[struct{ Title string }](b.Records(), "articles").Save(ctx, &struct{ Title string }{"x"}), fault.Internal,
			[]string{"no field for the id"}},
	} {
		if test.err == nil || fault.KindOf(test.err) != test.kind {
			t.Errorf("%s: %v (%v), want %v", name, test.err, fault.KindOf(test.err), test.kind)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(test.err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, test.err, want)
			}
		}
	}
}

// A parameter of a filter is bound, not pasted: an expression in its value is plain text.
func TestParametersAreBound(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	b.add("articles", object{"title": "x", "stars": 1})
	all := core.Bind[struct{ ID string }](b.Records(), "articles")
	query := record.Query{Filter: "title = {:t}", Params: map[string]any{"t": "' || 1 = 1 || title = '"}}
	if list, err := all.Find(t.Context(), query); err != nil || len(list) != 0 {
		t.Errorf("Find = %v, %v, want nothing", list, err)
	}
}

func TestRecordsAsJSON(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	ctx := t.Context()
	ann, nobody := b.add("writers", object{"name": "Ann"}), b.add("writers", object{"name": "nobody"})
	b.add("articles", object{"title": "by Ann", "stars": 3, "secret": "s", "writer": ann})
	b.add("articles", object{"title": "by nobody", "stars": 3, "secret": "s", "writer": nobody})
	records, err := b.Records().Find(ctx, root, record.Query{Collection: "articles", Expand: "writer.articles_via_writer"})
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	if got := records[0].RelatedOne("writer"); got == nil || len(got.Related("articles_via_writer")) != 1 || records[0].Related("none") != nil {
		t.Errorf("the writer is %v", got)
	}
	page, err := b.Records().List(ctx, root, "articles", record.ListParams{Expand: "writer.articles_via_writer"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(records); err != nil || string(got) != string(page.Items) {
		t.Errorf("json.Marshal = %s, %v, want what a superuser sees: %s", got, err, page.Items)
	}
	page, err = b.Records().List(ctx, guest, "articles", record.ListParams{Expand: "writer.articles_via_writer"})
	if err != nil {
		t.Fatal(err)
	}
	var shown []json.RawMessage
	for _, r := range records {
		text, err := r.PublicJSON(ctx, guest)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, text)
	}
	if got, _ := json.Marshal(shown); string(got) != string(page.Items) {
		t.Errorf("PublicJSON = %s, want what a guest sees: %s", got, page.Items)
	}
	if text, err := record.Blank(records[0].Collection()).PublicJSON(ctx, guest); err == nil {
		t.Errorf("PublicJSON of a blank record = %s, want an error", text)
	}
	account, err := b.Records().Create(ctx, root, "users", record.Input{Body: object{"email": "a@example.com", "password": "12345678"}})
	if err != nil {
		t.Fatal(failure(err))
	}
	for name, test := range map[string]struct {
		caller record.Caller
		want   bool
	}{"a guest": {guest, false}, "the account": {record.Caller{Auth: account}, true}, "a superuser": {root, true}} {
		if text, err := account.PublicJSON(ctx, test.caller); err != nil || strings.Contains(string(text), "a@example.com") != test.want {
			t.Errorf("%s sees %s, %v: the address is to be seen: %v", name, text, err, test.want)
		}
	}
	if text, _ := json.Marshal(account); !strings.Contains(string(text), "a@example.com") || strings.Contains(string(text), "tokenKey") || strings.Contains(string(text), "password") {
		t.Errorf("json.Marshal of an account = %s", text)
	}
}

func TestExpandOfRecordsOfSeveralCollections(t *testing.T) {
	t.Parallel()
	b := newsroom(t)
	a, w := b.stored("articles", b.add("articles", object{"title": "x"})), b.stored("writers", b.add("writers", object{"name": "Ann"}))
	if err := b.Records().Expand(t.Context(), root, []*record.Record{a, w}, "writer"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Expand = %v, want invalid", err)
	}
	if err := b.Records().Expand(t.Context(), root, []*record.Record{a}, "writer"); err != nil || a.RelatedOne("writer") != nil {
		t.Errorf("Expand without a writer = %v, %v", a.RelatedOne("writer"), err)
	}
}
