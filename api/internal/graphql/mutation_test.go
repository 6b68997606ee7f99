package graphql_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// newPress returns a blog in which all callers may write.
func newPress(t testing.TB) *blog {
	t.Helper()
	b := newBlog(t)
	for collection, rules := range map[string]string{
		"posts":    `{"createRule":"@request.auth.id != ''","updateRule":"author = @request.auth.id","deleteRule":"author = @request.auth.id"}`,
		"comments": `{"createRule":"by = @request.auth.id","updateRule":"by = @request.auth.id","deleteRule":"by = @request.auth.id"}`,
		"people":   `{"createRule":""}`, "vault": `{"createRule":""}`, "covers": `{"createRule":""}`,
	} {
		if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/"+collection, rules); status != http.StatusOK {
			t.Fatalf("%s: %d %s", collection, status, answer)
		}
	}
	return b
}

// TestMutations runs the mutations in testdata/mutations and compares the answers: each file on a
// blog of its own, in the order of the file.
func TestMutations(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/mutations/*.txtar", newPress)
}

// TestMissingValuesNeverMeanAll checks that a filter without a condition is an error in a mutation
// of many records, and that nothing is written.
func TestMissingValuesNeverMeanAll(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	for _, filter := range []string{
		`null`, `{}`, `{id:{}}`, `{id:{eq:$unset}}`, `{id:{eq:null}}`, `{and:[]}`, `{or:[]}`, `{not:{}}`, `{and:[{}]}`, `{or:[{}]}`, `$unsetFilter`,
		`{or:[{title:{eq:"x"}},{}]}`, `{or:[{title:{eq:"x"}},{id:{eq:$unset}}]}`, `{not:{or:[]}}`, `{id:{notIn:[]}}`, `{tagsIds:{containsAll:[]}}`, `{id:{in:null}}`,
		`{id:{in:[null]}}`, `{comments_via_post:{every:{}}}`, `{comments_via_post:{none:{or:[]}}}`, `{author:{and:[]}}`, `{author:{}}`, `{title:{isNull:null}}`,
		`{and:[{not:{}},{or:[]}]}`,
	} {
		for _, mutation := range []string{"deleteManyPost(filter:%s, atMost:50)", "updateManyPost(filter:%s, set:{title:\"gone\"}, atMost:50){id}"} {
			query := fmt.Sprintf("mutation ($unset: ID, $unsetFilter: PostFilter) { a: "+mutation+" b: createPost(input:{title:$unset}) {id} }", filter)
			query = strings.Replace(query, "title:$unset}", "}", 1)
			answer := b.ask("root", query, nil)
			if !strings.Contains(answer, `"code":"BAD_USER_INPUT"`) && !strings.Contains(answer, `"code":"GRAPHQL_VALIDATION_FAILED"`) || strings.Contains(answer, `"data"`) {
				t.Errorf("%s: %s", query, answer)
			}
		}
	}
	for _, filter := range []string{`{id:{in:[]}}`, `{title:{eq:"nothing"}}`, `{moods:{containsAny:[]}}`} {
		if answer := b.ask("root", "mutation { deleteManyPost(filter:"+filter+", atMost:50) }", nil); answer != `{"data":{"deleteManyPost":[]}}` {
			t.Errorf("%s: %s", filter, answer)
		}
	}
	if answer := b.ask("root", "{posts{totalItems}}", nil); !strings.Contains(answer, `"totalItems":4`) {
		t.Errorf("posts are now %s", answer)
	}
}

// TestLimitsOfWrites exceeds the limits of mutations.
func TestLimitsOfWrites(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	creates := func(n int) string { return strings.Repeat(`{title:"x"} `, n) }
	for name, c := range map[string]struct{ query, has string }{
		"inputs":      {"mutation {createManyPost(inputs:[" + creates(51) + "]){id}}", "may write 51 records, which are more than 50"},
		"at most":     {`mutation {deleteManyPost(filter:{id:{ne:""}}, atMost:51)}`, "may write 51 records, which are more than 50"},
		"nested":      {`mutation {createPost(input:{comments_via_post_create:[` + strings.Repeat("{text:\"x\"}", 50) + `]}){id}}`, "may write 51 records"},
		"root fields": {"mutation {" + aliases(51, `createTag(input:{name:"x"}){id}`) + "}", "51 root fields, which are more than 50"},
		"rows":        {`mutation {updateManyPost(filter:{id:{ne:""}}, set:{title:"x"}, atMost:50){comments_via_post(first:1000){items{post{comments_via_post(first:1000){items{id}}}}}}}`, "records, which are more than 100000"},
	} {
		answer := b.ask("root", c.query, nil)
		if !strings.Contains(answer, c.has) || !strings.Contains(answer, `"code":"QUERY_TOO_COMPLEX"`) || strings.Contains(answer, `"data"`) {
			t.Errorf("%s: %.500s\nwant %s", name, answer, c.has)
		}
	}
	b.set(`{"graphql":{"maxMutations":5000,"maxTokens":100000}}`)
	if answer := b.ask("root", "mutation {createManyPost(inputs:["+creates(1001)+"]){id}}", nil); !strings.Contains(answer, "at most 1000 records") {
		t.Errorf("inputs: %.300s", answer)
	}
	if answer := b.ask("root", "mutation {createManyPost(inputs:["+creates(60)+"]){title}}", nil); strings.Count(answer, `"title":"x"`) != 60 {
		t.Errorf("inputs: %.300s", answer)
	}
}

// aliases returns n copies of a field, with different aliases.
func aliases(n int, field string) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "a%d:%s ", i, field)
	}
	return s.String()
}

// TestWritesCountAgainstRateLimits checks that aliases and lists do not evade the limit of creates.
func TestWritesCountAgainstRateLimits(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	b.set(`{"rateLimits":{"enabled":true,"rules":[{"label":"vault:create","maxRequests":3,"duration":1000}]}}`)
	create := "mutation {createManyVault(inputs:[{code:\"1\"} {code:\"2\"}]){code}}"
	if answer := b.ask("", create, nil); answer != `{"data":{"createManyVault":[{"code":"1"},{"code":"2"}]}}` {
		t.Fatal(answer)
	}
	if answer := b.ask("", create, nil); !strings.Contains(answer, `"code":"RATE_LIMITED"`) {
		t.Errorf("the fourth create: %s", answer)
	}
}
