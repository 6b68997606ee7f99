package graphql_test

import (
	"sync"
	"testing"
)

// TestAnswersDoNotMix runs different queries concurrently and repeatedly: each answer equals the
// answer of the query alone, although answers reuse the memory of earlier answers.
func TestAnswersDoNotMix(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	want := map[string]string{}
	for _, query := range []string{
		`{ posts(sort: {title: ASC}) { items { title body when authorId tags { name } author { nick } } } }`,
		`{ posts(sort: {title: DESC}, first: 1) { edges { cursor node { id score meta } } totalItems } }`,
		`{ comments(sort: {id: ASC}) { items { text post { title author { nick } comments_via_post { items { text } } } } } }`,
		`{ postsAggregate(groupBy: [status]) { status count } }`,
		`{ post(id: "p10000000000000") { place { lon } status moods } }`,
		`{ nope }`,
	} {
		want[query] = b.ask("", query, nil)
	}
	var askers sync.WaitGroup
	for query, answer := range want {
		askers.Go(func() {
			for range 40 {
				if got := b.ask("", query, nil); got != answer {
					t.Errorf("%s:\n%s\nwant\n%s", query, got, answer)
				}
			}
		})
	}
	askers.Wait()
}
