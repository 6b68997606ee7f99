package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/internal/alter"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/schema"
)

// decodeNew returns the collection that a body describes.
func decodeNew(t *testing.T, body string, stored ...*schema.Collection) *schema.Collection {
	t.Helper()
	c, err := alter.DecodeNew([]byte(body), schema.NewSnapshot(1, stored), testNow)
	if err != nil {
		t.Fatalf("DecodeNew(%s): %v", body, err)
	}
	return c
}

const testNow = "2024-01-02 03:04:05.678Z"

func TestSnapshot(t *testing.T) {
	users := standard.Users(testNow)
	posts := decodeNew(t, `{"name":"Posts","fields":[{"name":"zoe","type":"text"},{"name":"author","type":"relation","collectionId":"_pb_users_auth_"}],
		"indexes":["create unique index u on Posts (AUTHOR)","create unique index two on Posts (zoe, author)","create index n on Posts (zoe)"]}`, users)
	comments := decodeNew(t, `{"name":"Comments","fields":[{"name":"by","type":"relation","collectionId":"_pb_users_auth_","maxSelect":5}]}`, users)
	s := schema.NewSnapshot(7, []*schema.Collection{users, posts, comments})

	for _, name := range []string{"Posts", "posts", "POSTS", posts.ID} {
		if s.Find(name) != posts {
			t.Errorf("Find(%q) is not the collection", name)
		}
	}
	if s.Find(strings.ToUpper(posts.ID)) != nil || s.Find("nope") != nil || s.ByID("Posts") != nil {
		t.Error("an id matched in other letters, or a name as an id")
	}
	var refs []string
	for _, r := range s.References(standard.UsersID) {
		refs = append(refs, r.Collection.Name+"."+r.Field.Name)
	}
	if want := []string{"Comments.by", "Posts.author"}; !slices.Equal(refs, want) {
		t.Errorf("References = %q, want %q", refs, want)
	}
	if ix, ok := posts.UniqueIndex("author"); !ok || ix.Name != "u" {
		t.Errorf("UniqueIndex(author) = %+v, %v, want u", ix, ok)
	}
	if ix, ok := posts.UniqueIndex("zoe"); ok {
		t.Errorf("UniqueIndex(zoe) = %+v, want none", ix)
	}
	var sorted []string
	for _, i := range posts.Sorted() {
		sorted = append(sorted, posts.Fields[i].Name)
	}
	if want := []string{"author", "id", "zoe"}; !slices.Equal(sorted, want) {
		t.Errorf("Sorted = %q, want %q", sorted, want)
	}
	if posts.Field("zoe") == nil || posts.Field("Zoe") != nil || posts.FieldIndex("nope") != -1 {
		t.Error("fields are not found by their exact names")
	}
	draft := posts.Clone()
	draft.Fields[1].Name = "other"
	if draft.Field("other") == nil || posts.Field("other") != nil {
		t.Error("a clone does not stand on its own")
	}
}
