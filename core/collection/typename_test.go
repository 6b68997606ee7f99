package collection_test

import (
	"testing"

	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// TestTypeNamesStay: neither another collection nor a rename changes the name of a type.
func TestTypeNamesStay(t *testing.T) {
	t.Parallel()
	app := coretest.New(t)
	do := func(c *schema.Collection, err error) *schema.Collection {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	is := func(id, want string) {
		t.Helper()
		if got := schema.TypeNames(app.Snapshot().All())[id]; got != want {
			t.Errorf("the type is %s, want %s", got, want)
		}
	}
	root := record.Root()
	coretest.Collection(t, app, `{"id":"plural","name":"posts","type":"base"}`)
	coretest.Collection(t, app, `{"id":"single","name":"post","type":"base"}`) // in the order of names it is the first
	is("plural", "Post")
	is("single", "Post_2")
	do(app.Collections().Update(t.Context(), root, "posts", []byte(`{"name":"pages"}`)))
	is("plural", "Post")
	if err := app.Collections().Delete(t.Context(), root, "pages"); err != nil {
		t.Fatal(err)
	}
	is("single", "Post_2")
	do(app.Collections().Update(t.Context(), root, "post", []byte(`{"graphql":{"typeName":"Article"}}`)))
	is("single", "Article")
	for _, wrong := range []string{"users", "User", "Query", "ArticleFilter", "1x", "__x", "a b", "ä"} {
		if _, err := app.Collections().Update(t.Context(), root, "post", []byte(`{"graphql":{"typeName":"`+wrong+`"}}`)); (err == nil) != (wrong == "users") {
			t.Errorf("the name %s: %v", wrong, err)
		}
	}
	// An empty name is replaced by the present one.
	do(app.Collections().Update(t.Context(), root, "post", []byte(`{"graphql":{"typeName":""}}`)))
	is("single", "users")
}
