package collection_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// rules returns all expressions of a collection, by property.
func rules(c *schema.Collection) map[string]string {
	all := map[string]string{}
	c.Clone().MapRules(func(property, text string) string {
		all[property] = text
		return text
	})
	return all
}

func TestRulesFollowNames(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"people","id":"people_id","type":"auth","authRule":"level > 1","manageRule":"@request.auth.level > 9","otp":{"enabled":true},
		"mfa":{"enabled":true,"rule":"level > 5"},"fields":[{"id":"l","name":"level","type":"number"},{"id":"nick","name":"nick","type":"text"}],
		"indexes":["create unique index n on people (nick)"],"passwordAuth":{"identityFields":["email","nick"]},"oauth2":{"mappedFields":{"username":"nick"}}}`)
	w.create(`{"name":"posts","id":"posts_id","fields":[{"id":"t","name":"title","type":"text"},{"id":"a","name":"author","type":"relation","collectionId":"people_id"}],
		"listRule":"author.level > 1 // author\n && @request.body.title:isset = false","viewRule":"title = 'title'","createRule":"@request.auth.level > 2",
		"indexes":["create index e on posts (lower( title ), author) where title != 'title' and \"author\" <> ''"]}`)
	w.update("people", `{"listRule":"posts_via_author.title ?= 'x'"}`)
	w.create(`{"name":"other","listRule":"@collection.posts.title ?= 'x' && @collection.people:p.level ?= 1"}`)
	secret := w.snapshots.Load().Find("people").Auth.AuthToken.Secret

	w.update("posts", `{"name":"articles","fields":[{"id":"t","name":"name","type":"text"},{"id":"a","name":"by","type":"relation","collectionId":"people_id"}]}`)
	w.update("people", `{"name":"users2","fields":[{"id":"l","name":"rank","type":"number"},{"id":"nick","name":"handle","type":"text"}]}`)

	for name, want := range map[string]map[string]string{
		"articles": {"listRule": "by.rank > 1 // author\n && @request.body.name:isset = false", "viewRule": "name = 'title'", "createRule": "@request.auth.rank > 2"},
		"users2":   {"listRule": "articles_via_by.name ?= 'x'", "authRule": "rank > 1", "manageRule": "@request.auth.rank > 9", "mfa.rule": "rank > 5"},
		"other":    {"listRule": "@collection.articles.name ?= 'x' && @collection.users2:p.rank ?= 1"},
	} {
		got := rules(w.snapshots.Load().Find(name))
		for property, text := range want {
			if got[property] != text {
				t.Errorf("%s of %s = %q, want %q", property, name, got[property], text)
			}
		}
	}
	people := w.snapshots.Load().Find("users2")
	if got := people.Auth; !slices.Equal(got.PasswordAuth.IdentityFields, []string{"email", "handle"}) || got.OAuth2.MappedFields.Username != "handle" {
		t.Errorf("identity fields %q, user name %q: want them to follow", got.PasswordAuth.IdentityFields, got.OAuth2.MappedFields.Username)
	}
	if people.Auth.AuthToken.Secret != secret {
		t.Error("a rule that only follows a name ended all sessions")
	}
	want := "CREATE INDEX `e` ON `articles` (\n  lower( name ),\n  `by`\n) WHERE name != 'title' and \"by\" <> ''"
	if got := w.snapshots.Load().Find("articles").Indexes; !slices.Equal(got, []string{want}) {
		t.Errorf("index = %q, want %q", got, want)
	}
	before := w.state()
	w.must(w.Load(context.Background()))
	if after := w.state(); after != before {
		t.Errorf("stored\n%s\nwant what was published\n%s", after, before)
	}
}

func TestSubmittedRulesAreInTheNewNames(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","fields":[{"id":"1","name":"a","type":"number"},{"id":"2","name":"b","type":"number"}],"listRule":"a = 1","viewRule":"a = 2"}`)
	w.update("t", `{"fields":[{"id":"1","name":"b","type":"number"},{"id":"2","name":"a","type":"number"}],"listRule":"a = 3","viewRule":"a = 2"}`)
	if got := rules(w.snapshots.Load().Find("t")); got["listRule"] != "a = 3" || got["viewRule"] != "b = 2" {
		t.Errorf("rules = %v, want the new one as it was submitted and the old one rewritten", got)
	}
	w.must(w.Import(context.Background(), record.Root(), imported(false, `{"name":"t","fields":[{"id":"1","name":"a","type":"number"},{"id":"2","name":"b","type":"number"}],"listRule":"a = 3"}`)))
	if got := rules(w.snapshots.Load().Find("t")); got["listRule"] != "a = 3" || got["viewRule"] != "a = 2" {
		t.Errorf("rules after an import = %v, want what it says as it says it", got)
	}
}

func TestAmbiguousNamesAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"one", "two"} {
		w.create(`{"name":"` + name + `","type":"auth","fields":[{"id":"r","name":"role","type":"text"}]}`)
	}
	w.create(`{"name":"t","listRule":"@request.auth.role = 'x'"}`)
	before := w.state()
	body := `{"fields":[{"id":"r","name":"kind","type":"text"}]}`
	_, err := w.Update(context.Background(), record.Root(), "one", []byte(body))
	var e *fault.Error
	if !errors.As(err, &e) || leaf(e.Fields, []string{"fields"}) != "validation_ambiguous_rename" || !strings.Contains(e.Fields["fields"].Message, "listRule of t") {
		t.Errorf("Update = %s, want validation_ambiguous_rename that names the rule", describe(err))
	}
	if w.state() != before {
		t.Error("a refused rename changed something")
	}
	w.update("t", `{"listRule":"@request.auth.role = 'x' || @request.auth.kind = 'x'"}`)
	w.update("one", body)
	w.must(w.Import(context.Background(), record.Root(), imported(false, `{"name":"one","fields":[{"id":"r","name":"level","type":"text"}]}`, `{"name":"two","fields":[{"id":"r","name":"level","type":"text"}]}`)))
	if got, want := rules(w.snapshots.Load().Find("t"))["listRule"], "@request.auth.level = 'x' || @request.auth.level = 'x'"; got != want {
		t.Errorf("rule = %q, want %q", got, want)
	}
}

// TestColumnsAreRenamedToWordsOfSQL: an expression of an index has the new name quoted.
func TestColumnsAreRenamedToWordsOfSQL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(`{"name":"things","fields":[{"id":"a","name":"a","type":"text"}],
		"indexes":["CREATE INDEX i ON things (lower(a)) WHERE a != ''"]}`)
	for _, name := range []string{"order", "values", "user", "to", "b"} {
		c := w.update("things", `{"fields":[{"id":"a","name":"`+name+`","type":"text"}]}`)
		if text := strings.Join(c.Indexes, ""); !strings.Contains(text, "(lower(") || !strings.Contains(text, name) {
			t.Errorf("renamed to %s: %s", name, text)
		}
	}
}
