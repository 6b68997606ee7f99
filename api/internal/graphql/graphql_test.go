package graphql_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/schema"
)

// blog is a server with posts, comments, tags and people, with rules that hide some of them.
type blog struct {
	http.Handler
	t      testing.TB
	app    *core.App
	tokens map[string]string // by name; the token of a guest is ""
}

type object = map[string]any

const password = "a-long-password"

func newBlog(t testing.TB) *blog {
	t.Helper()
	b := &blog{t: t, app: coretest.New(t), tokens: map[string]string{"": ""}}
	h, err := (&api.Program{App: b.app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	b.Handler = h
	b.collections()
	b.records()
	return b
}

func (b *blog) collections() {
	people := coretest.Collection(b.t, b.app, `{"name":"people","type":"auth","listRule":"","viewRule":"nick != 'shy'","fields":[
		{"name":"nick","type":"text"},{"name":"secret","type":"text","hidden":true},{"name":"password","type":"password","min":8,"cost":4}]}`)
	tags := coretest.Collection(b.t, b.app, object{"name": "tags", "type": "base", "listRule": "", "viewRule": "name != 'private'",
		"fields": []object{{"name": "name", "type": "text"}}})
	vault := coretest.Collection(b.t, b.app, `{"name":"vault","type":"base","fields":[{"name":"code","type":"text"}]}`)
	posts := coretest.Collection(b.t, b.app, object{"name": "posts", "type": "base", "listRule": "draft = false", "viewRule": "draft = false",
		"fields": []object{
			{"name": "title", "type": "text", "help": `What it is "about"`}, {"name": "body", "type": "editor"}, {"name": "draft", "type": "bool"},
			{"name": "score", "type": "number"}, {"name": "views", "type": "number", "onlyInt": true, "min": 0, "max": 1000000},
			{"name": "total", "type": "number", "onlyInt": true},
			{"name": "status", "type": "select", "values": []string{"new", "in work", "1st"}, "maxSelect": 1},
			{"name": "moods", "type": "select", "values": []string{"good", "bad"}, "maxSelect": 2},
			{"name": "odd", "type": "select", "values": []string{"a-b", "a b"}, "maxSelect": 1},
			{"name": "when", "type": "date"}, {"name": "meta", "type": "json"}, {"name": "place", "type": "geoPoint"},
			{"name": "picture", "type": "file"}, {"name": "author", "type": "relation", "collectionId": people.ID},
			{"name": "tags", "type": "relation", "collectionId": tags.ID, "maxSelect": 9},
			{"name": "vault", "type": "relation", "collectionId": vault.ID},
			{"name": "note", "type": "text", "hidden": true}, {"name": "created", "type": "autodate", "onCreate": true}}})
	coretest.Collection(b.t, b.app, object{"name": "comments", "type": "base", "listRule": "text != 'spam'", "viewRule": "",
		"indexes": []string{"CREATE INDEX comments_post ON comments (post)"},
		"fields": []object{{"name": "text", "type": "text"}, {"name": "post", "type": "relation", "collectionId": posts.ID},
			{"name": "by", "type": "relation", "collectionId": people.ID}}})
	coretest.Collection(b.t, b.app, object{"name": "covers", "type": "base", "listRule": "", "viewRule": "",
		"indexes": []string{"CREATE UNIQUE INDEX one_cover ON covers (post)"},
		"fields":  []object{{"name": "colour", "type": "text"}, {"name": "post", "type": "relation", "collectionId": posts.ID}}})
	coretest.Collection(b.t, b.app, `{"name":"titles","type":"view","listRule":"","viewRule":"","viewQuery":"SELECT id, title, score, author FROM posts WHERE draft = false"}`)
}

func (b *blog) records() {
	b.join(schema.Superusers, "root", object{})
	b.join("people", "ann", object{"id": "ann000000000000", "nick": "Ann", "secret": "s3"})
	b.join("people", "bob", object{"id": "bob000000000000", "nick": "shy", "emailVisibility": true})
	for id, name := range map[string]string{"t10000000000000": "go", "t20000000000000": "private"} {
		b.create("tags", object{"id": id, "name": name})
	}
	b.create("vault", object{"id": "v10000000000000", "code": "42"})
	b.create("posts", object{"id": "p10000000000000", "title": "First", "body": "<p>x</p>", "score": 1.5, "views": 7, "total": 9007199254740991, "status": "in work",
		"moods": []string{"bad", "good"}, "odd": "a b", "when": "2024-05-06 07:08:09.123Z", "meta": object{"n": json.Number("12345678901234567890")},
		"place": object{"lon": 1.5, "lat": -2}, "author": "ann000000000000", "tags": []string{"t20000000000000", "t10000000000000"},
		"vault": "v10000000000000", "note": "hush"})
	b.create("posts", object{"id": "p20000000000000", "title": "Second", "score": 2, "views": 3, "status": "1st", "author": "bob000000000000"})
	b.create("posts", object{"id": "p30000000000000", "title": "Third", "score": -1})
	b.create("posts", object{"id": "p40000000000000", "title": "Draft", "draft": true, "author": "ann000000000000"})
	for i, text := range []string{"one", "two", "spam", "three"} {
		b.create("comments", object{"id": "c" + string(rune('1'+i)) + "0000000000000", "text": text, "post": "p10000000000000", "by": "ann000000000000"})
	}
	b.create("comments", object{"id": "c90000000000000", "text": "other", "post": "p20000000000000"})
	b.create("covers", object{"id": "k10000000000000", "colour": "red", "post": "p10000000000000"})
}

func (b *blog) create(collection string, body object) { coretest.Create(b.t, b.app, collection, body) }

func (b *blog) join(collection, name string, body object) {
	body["email"], body["password"], body["passwordConfirm"] = name+"@example.com", password, password
	b.create(collection, body)
	b.tokens[name] = apitest.SignIn(b.t, b, collection, name+"@example.com", password)
}

// ask sends a query with variables and returns the body of the answer.
func (b *blog) ask(as, query string, variables object) string {
	b.t.Helper()
	body, err := json.Marshal(object{"query": query, "variables": variables})
	if err != nil {
		b.t.Fatal(err)
	}
	status, answer := apitest.Ask(b.t, b, b.tokens[as], http.MethodPost, "/api/graphql", string(body))
	if status != http.StatusOK {
		b.t.Errorf("%s: status %d: %s", query, status, answer)
	}
	return answer
}
