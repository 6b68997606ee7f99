package schema

import (
	"maps"
	"strings"
	"testing"
)

func TestTypeName(t *testing.T) {
	t.Parallel()
	for collection, want := range map[string]string{
		"posts": "Post", "categories": "Category", "classes": "Class", "dishes": "Dish", "matches": "Match", "boxes": "Box",
		"news": "New", "status": "Status", "analysis": "Analysis", "glass": "Glass", "people": "People", "ies": "Ie", "s": "S",
		"blog_posts": "BlogPost", "_superusers": "Superuser", "1x": "_1x", "___": "_", "Users": "User", "sizes": "Siz",
		`evil"x`: "EvilX", "日本": "_", "a\x00b": "AB", "it's 2 books": "ItS2Book", strings.Repeat("a", 300): "A" + strings.Repeat("a", maxTypeName-1),
	} {
		if got := typeName(collection); got != want {
			t.Errorf("typeName(%q) = %q, want %q", collection, got, want)
		}
	}
}

// TestTypeNamesThatWereGiven: stored names come before names that are derived from collection
// names.
func TestTypeNamesThatWereGiven(t *testing.T) {
	t.Parallel()
	list := []*Collection{
		{ID: "a", Name: "post"}, {ID: "b", Name: "posts", GraphQL: GraphQLOptions{TypeName: "Post"}}, {ID: "c", Name: "query"},
		{ID: "d", Name: "post_filters"}, {ID: "e", Name: "pages", GraphQL: GraphQLOptions{TypeName: "Site"}},
	}
	want := map[string]string{"a": "Post_2", "b": "Post", "c": "Query_2", "d": "PostFilter_2", "e": "Site"}
	if got := TypeNames(list); !maps.Equal(got, want) {
		t.Errorf("TypeNames = %v, want %v", got, want)
	}
}
