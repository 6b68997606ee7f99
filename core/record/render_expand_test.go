package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// libraryBed has books with an author (a user), some tags and a successor, reviews and a cover of
// each book, and relations to collections that are closed to the caller.
func libraryBed(t testing.TB) *readBed {
	users := authCollection("users")
	users.Fields = append(users.Fields, relationField("friends", "id_users", 9))
	users.ListRule, users.ViewRule = rule(""), rule("")
	tags := base("tags", textField("name"), relationField("parent", "id_tags", 1))
	tags.ViewRule = rule("name != 'private'")
	secret := relationField("secret", "id_tags", 1)
	secret.Hidden = true
	books := base("books", textField("title"), relationField("author", "id_users", 1), relationField("tags", "id_tags", 9),
		relationField("next", "id_books", 1), relationField("vault", "id_vault", 1), relationField("gone", "id_nowhere", 1), secret)
	reviews := base("reviews", relationField("book", "id_books", 1), relationField("by", "id_users", 9), textField("text"))
	reviews.ViewRule = rule("text = '' || text = @request.context || text = @request.auth.id")
	covers := base("covers", relationField("book", "id_books", 1))
	covers.Indexes = []string{"CREATE UNIQUE INDEX one_cover ON covers (book)"}
	vault := base("vault")
	vault.ViewRule = nil
	stale := base("stale", relationField("book", "id_books", 1))
	stale.ViewRule = rule("gone = 1")
	b := newReadBed(t, users, tags, books, reviews, covers, vault, stale)
	b.insert("users",
		object{"id": "u1", "email": "u1@x.co", "tokenKey": "1", "friends": []string{"u2"}},
		object{"id": "u2", "email": "u2@x.co", "tokenKey": "2", "emailVisibility": true})
	b.insert("tags", object{"id": "t1", "name": "one"}, object{"id": "t2", "name": "two", "parent": "t1"}, object{"id": "t3", "name": "private"})
	b.insert("vault", object{"id": "v1"})
	b.insert("books",
		object{"id": "b1", "title": "first", "author": "u1", "tags": []string{"t2", "t3", "t1"}, "next": "b2", "vault": "v1", "gone": "x", "secret": "t1"},
		object{"id": "b2", "title": "second", "author": "u2", "tags": []string{"t3"}, "next": "b1"},
		object{"id": "b3", "title": "third", "author": "missing"})
	b.insert("reviews",
		object{"id": "r1", "book": "b1", "by": []string{"u2"}},
		object{"id": "r2", "book": "b1", "by": []string{"u1", "u2"}, "text": "u1"},
		object{"id": "r3", "book": "b2", "by": []string{"u1"}, "text": "expand"},
		object{"id": "r4", "book": "b2", "text": "default"})
	b.insert("covers", object{"id": "c1", "book": "b1"})
	b.insert("stale", object{"id": "s1", "book": "b1"})
	return b
}

// outline returns the expand of a record as key=id or key=[ids], with nested expands in braces; "-"
// for no expand.
func outline(v any) string {
	switch v := v.(type) {
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, outline(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		s := fmt.Sprint(v["id"])
		if e, ok := v["expand"]; ok {
			s += outlineExpand(e)
		}
		return s
	}
	return fmt.Sprint(v)
}

func outlineExpand(v any) string {
	e, ok := v.(map[string]any)
	if !ok {
		return "-"
	}
	var parts []string
	for _, key := range sortedKeys(e) {
		parts = append(parts, key+"="+outline(e[key]))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

func sortedKeys(m map[string]any) []string {
	b, _ := json.Marshal(m)
	d := json.NewDecoder(strings.NewReader(string(b)))
	var keys []string
	d.Token() //nolint:errcheck // made by Marshal
	for d.More() {
		key, _ := d.Token()
		keys = append(keys, key.(string))
		var skip json.RawMessage
		d.Decode(&skip) //nolint:errcheck // made by Marshal
	}
	return keys
}

func TestExpand(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	user := b.as("users", "u1")
	for _, c := range []struct {
		name, id, expand string
		caller           Caller
		want             string
	}{
		{"nothing", "b1", "", Caller{}, "-"},
		{"single", "b1", "author", Caller{}, "{author=u1}"},
		{"multiple, in stored order, without what the rule hides", "b1", "tags", Caller{}, "{tags=[t2 t1]}"},
		{"multiple, superuser", "b1", "tags", b.super(), "{tags=[t2 t3 t1]}"},
		{"all hidden by the rule", "b2", "tags", Caller{}, "{}"},
		{"missing record", "b3", "author", Caller{}, "{}"},
		{"empty relation", "b3", "tags,next", Caller{}, "{}"},
		{"unknown", "b1", "nope", Caller{}, "-"},
		{"no relation", "b1", "title", Caller{}, "-"},
		{"id", "b1", "id", Caller{}, "-"},
		{"null rule", "b1", "vault", Caller{}, "-"},
		{"null rule, user", "b1", "vault", user, "-"},
		{"null rule, superuser", "b1", "vault", b.super(), "{vault=v1}"},
		{"target collection missing", "b1", "gone", b.super(), "-"},
		{"rule that does not compile", "b1", "stale_via_book", Caller{}, "-"},
		{"rule that does not compile beside another", "b1", "author,stale_via_book", Caller{}, "{author=u1}"},
		{"rule that does not compile, superuser", "b1", "stale_via_book", b.super(), "{stale_via_book=[s1]}"},
		{"hidden relation", "b1", "secret", user, "-"},
		{"hidden relation, superuser", "b1", "secret", b.super(), "{secret=t1}"},
		{"back through a hidden relation", "b1", "tags.books_via_secret", Caller{}, "{tags=[t2 t1]}"},
		{"known and unknown", "b1", "nope,author.nope,vault", Caller{}, "{author=u1}"},
		{"nested", "b1", "tags.parent", Caller{}, "{tags=[t2{parent=t1} t1{}]}"},
		{"nested unknown", "b1", "tags.nope.parent", Caller{}, "{tags=[t2 t1]}"},
		{"merged", "b1", "next.author, next.tags ,next", Caller{}, "{next=b2{author=u2}}"},
		{"in the order of keys", "b1", "tags,next,author", Caller{}, "{author=u1 next=b2 tags=[t2 t1]}"},
		{"a circle, six levels deep", "b1", "next.next.next.next.next.next.next.next", Caller{},
			"{next=b2{next=b1{next=b2{next=b1{next=b2{next=b1}}}}}}"},
		{"back, many", "b2", "reviews_via_book", Caller{}, "{reviews_via_book=[r3]}"},
		{"back, by the user's rule", "b1", "reviews_via_book", user, "{reviews_via_book=[r1 r2]}"},
		{"back, guest", "b1", "reviews_via_book", Caller{}, "{reviews_via_book=[r1]}"},
		{"back, superuser", "b2", "reviews_via_book", b.super(), "{reviews_via_book=[r3 r4]}"},
		{"back, none", "b3", "reviews_via_book", Caller{}, "{}"},
		{"back, unique", "b1", "covers_via_book", Caller{}, "{covers_via_book=c1}"},
		{"back, unique, none", "b2", "covers_via_book", Caller{}, "{}"},
		{"back, by collection id", "b1", "id_covers_via_book", Caller{}, "{id_covers_via_book=c1}"},
		{"back, older spelling", "b1", "covers(book)", Caller{}, "{covers(book)=c1}"},
		{"back, both spellings", "b1", "covers(book).book,covers_via_book", Caller{}, "{covers(book)=c1{book=b1} covers_via_book=c1}"},
		{"back, broken spellings", "b1", "covers(book,(book),covers(),_via_book,covers_via_,covers_via_id", Caller{}, "-"},
		{"back, of another collection", "b1", "reviews_via_by,tags_via_parent", Caller{}, "-"},
		{"back of back", "b1", "author.books_via_author.reviews_via_book", Caller{},
			"{author=u1{books_via_author=[b1{reviews_via_book=[r1]}]}}"},
	} {
		got, err := b.get(c.caller, "books", c.id, c.expand)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(got), &record); err != nil {
			t.Fatalf("%s: %v: %s", c.name, err, got)
		}
		if got := outlineExpand(record["expand"]); got != c.want {
			t.Errorf("%s: expand=%s gives %s, want %s", c.name, c.expand, got, c.want)
		}
	}
}

func TestExpandOfAList(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	_, items := b.mustList(Caller{}, "books", ListParams{Expand: "tags.parent,author.friends,reviews_via_book.by,covers_via_book"})
	var got []string
	for _, item := range items {
		got = append(got, outline(item))
	}
	want := []string{
		"b1{author=u1{friends=[u2]} covers_via_book=c1 reviews_via_book=[r1{by=[u2]}] tags=[t2{parent=t1} t1{}]}",
		"b2{author=u2{} reviews_via_book=[r3{by=[u1]}]}",
		"b3{}",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("list with expand:\n%s\nwant\n%s", g, w)
	}
	if _, items := b.mustList(Caller{}, "books", ListParams{Expand: "vault"}); items[0]["expand"] != nil {
		t.Errorf("a list that expands nothing has %v", items[0]["expand"])
	}
	_, items = b.mustList(Caller{}, "users", ListParams{Expand: "reviews_via_by", Sort: "-id"})
	if got := outline(items[0]) + " " + outline(items[1]); got != "u2{reviews_via_by=[r1]} u1{reviews_via_by=[r3]}" {
		t.Errorf("back relation of several = %s", got)
	}
}

// The key "expand" is in alphabetical order, even if the email is missing.
func TestExpandBytes(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	for caller, want := range map[*Caller]string{
		{}: `{"collectionId":"id_users","collectionName":"users","emailVisibility":false,` +
			`"expand":{"friends":[{"collectionId":"id_users","collectionName":"users","email":"u2@x.co","emailVisibility":true,` +
			`"friends":[],"id":"u2","verified":false}]},"friends":["u2"],"id":"u1","verified":false}`,
	} {
		got, err := b.get(*caller, "users", "u1", "friends")
		if err != nil || got != want {
			t.Errorf("Get = %s, %v, want %s", got, err, want)
		}
	}
}

func TestExpandedEmails(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	for _, c := range []struct {
		name   string
		caller Caller
		want   bool
	}{
		{"guest", Caller{}, false},
		{"itself", b.as("users", "u1"), true},
		{"another", b.as("users", "u2"), false},
		{"superuser", b.super(), true},
	} {
		got, err := b.get(c.caller, "books", "b1", "author")
		if err != nil || strings.Contains(got, "u1@x.co") != c.want {
			t.Errorf("%s: the author's email is in %s: want %v (%v)", c.name, got, c.want, err)
		}
		if strings.Contains(got, "tokenKey") || strings.Contains(got, "password") {
			t.Errorf("%s: a secret is in %s", c.name, got)
		}
	}
}

// A back relation gives its first 1,000 records, and the record says so: with an index on
// the relation and without, for one record, for several, and below another expand.
func TestBackRelationsAreCut(t *testing.T) {
	t.Parallel()
	indexed := base("rivers", relationField("land", "id_lands", 1))
	indexed.Indexes = []string{"CREATE INDEX of_land ON rivers (land)"}
	named := base("named", textField("expandTruncated"))
	b := newReadBed(t, base("lands"), base("towns", relationField("land", "id_lands", 1)), indexed, base("visits", relationField("land", "id_lands", 1)),
		named, base("notes", relationField("of", "id_named", 1)))
	b.insert("lands", object{"id": "l1"}, object{"id": "l2"}, object{"id": "l3"})
	b.insert("visits", object{"id": "v1", "land": "l1"}, object{"id": "v2", "land": "l2"})
	b.insert("named", object{"id": "n1", "expandTruncated": "own"})
	var related, notes []object
	for i := range 3000 {
		related = append(related, object{"id": fmt.Sprintf("t%04d", i), "land": []string{"l1", "l1", "l2"}[i%3]})
	}
	for i := range maxPerPage + 1 {
		notes = append(notes, object{"id": fmt.Sprintf("n%04d", i), "of": "n1"})
	}
	b.insert("towns", related...)
	b.insert("rivers", related...)
	b.insert("notes", notes...)
	for _, c := range []struct {
		collection, id, expand string // id "": a list
		want                   []string
	}{
		{"lands", "", "towns_via_land", []string{"1000 [towns_via_land]", "1000 <nil>", "0 <nil>"}},
		{"lands", "", "rivers_via_land", []string{"1000 [rivers_via_land]", "1000 <nil>", "0 <nil>"}},
		{"lands", "", "rivers_via_land,towns_via_land", []string{"2000 [rivers_via_land towns_via_land]", "2000 <nil>", "0 <nil>"}},
		{"lands", "l1", "towns_via_land,visits_via_land", []string{"1001 [towns_via_land]"}},
		{"lands", "l1", "rivers_via_land", []string{"1000 [rivers_via_land]"}},
		{"lands", "l2", "towns_via_land", []string{"1000 <nil>"}},
		{"visits", "", "land.towns_via_land", []string{"1 <nil> 1000 [towns_via_land]", "1 <nil> 1000 <nil>"}},
		{"named", "", "notes_via_of", []string{"1000 own"}},
	} {
		var items []object
		if c.id == "" {
			_, items = b.mustList(Caller{}, c.collection, ListParams{Expand: c.expand})
		} else {
			got, err := b.get(Caller{}, c.collection, c.id, c.expand)
			if err != nil {
				t.Fatal(err)
			}
			items = []object{nil}
			if err := json.Unmarshal([]byte(got), &items[0]); err != nil {
				t.Fatal(err)
			}
		}
		for i, item := range items {
			if got := cut(item); got != c.want[i] {
				t.Errorf("%s %d with %s: %s, want %s", c.collection, i, c.expand, got, c.want[i])
			}
		}
	}
}

// cut returns the number of expanded records, and the names of relations that the record shows in
// part; then the same for a single related record.
func cut(item map[string]any) string {
	n, below := 0, ""
	expand, _ := item["expand"].(map[string]any)
	for _, related := range expand {
		if list, ok := related.([]any); ok {
			n += len(list)
			continue
		}
		n++
		below += " " + cut(related.(map[string]any))
	}
	return fmt.Sprintf("%d %v", n, item["expandTruncated"]) + below
}

func TestExpandIsBounded(t *testing.T) {
	t.Parallel()
	b := newReadBed(t, base("nodes", textField("text"), relationField("all", "id_nodes", 999)))
	var ids []string
	for i := range 60 {
		ids = append(ids, fmt.Sprintf("n%02d", i))
	}
	for _, id := range ids {
		b.insert("nodes", object{"id": id, "all": ids, "text": strings.Repeat("x", 200)})
	}
	// Each level has 60 times the bytes of the one below it: six would be terabytes.
	_, err := b.List(t.Context(), Caller{}, "nodes", ListParams{Expand: "all.all.all.all.all.all"})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("List = %v, want a fault that is Invalid: an answer must not lack records without a sign", err)
	}
	if _, items := b.mustList(Caller{}, "nodes", ListParams{Expand: "all"}); len(items) != 30 {
		t.Errorf("%d records, want 30", len(items))
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	b := libraryBed(t)
	users := b.snapshot.Find("users")
	users.Auth.ManageRule = rule("id = 'u1' && @request.auth.id = 'u2'")
	b.snapshot = schema.NewSnapshot(2, b.snapshot.All())
	u1, err := b.FindByID(t.Context(), "users", "u1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		caller Caller
		expand string
		email  bool
	}{
		{"guest", Caller{}, "", false},
		{"itself", b.as("users", "u1"), "friends", true},
		{"manager", b.as("users", "u2"), "", true},
		{"manager", b.as("users", "u2"), "friends", true},
		{"another", b.as("users", "u3"), "friends", false},
		{"superuser", b.super(), "friends", true},
	} {
		got, err := b.Render(t.Context(), c.caller, u1, c.expand)
		if err != nil {
			t.Fatal(err)
		}
		want, err := b.get(c.caller, "users", "u1", c.expand)
		if err != nil || string(got) != want {
			t.Errorf("%s: render = %s, want what Get gives: %s, %v", c.name, got, want, err)
		}
		if strings.Contains(string(got), "u1@x.co") != c.email {
			t.Errorf("%s: email in %s, want %v", c.name, got, c.email)
		}
	}
	got, err := b.RenderOwn(t.Context(), Caller{}, u1, "")
	if err != nil || !strings.Contains(string(got), "u1@x.co") {
		t.Errorf("RenderOwn = %s, %v, want the own email", got, err)
	}
}

func BenchmarkExpandTwoLevels(b *testing.B) {
	bed := newReadBed(b, base("countries", textField("name")), base("cities", textField("name"), relationField("country", "id_countries", 1)),
		base("shops", textField("name"), relationField("city", "id_cities", 1)))
	for i := range 200 {
		bed.insert("countries", object{"id": fmt.Sprintf("country%08d", i), "name": "a country"})
		bed.insert("cities", object{"id": fmt.Sprintf("citycit%08d", i), "name": "a city", "country": fmt.Sprintf("country%08d", i/2)})
		bed.insert("shops", object{"id": fmt.Sprintf("shopsho%08d", i), "name": "a shop", "city": fmt.Sprintf("citycit%08d", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bed.List(b.Context(), Caller{}, "shops", ListParams{Expand: "city.country"}); err != nil {
			b.Fatal(err)
		}
	}
}
