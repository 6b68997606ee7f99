package graphql_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// batch sends operations in one request.
func (b *blog) batch(as string, operations ...object) (status int, answer string) {
	b.t.Helper()
	body, err := json.Marshal(operations)
	if err != nil {
		b.t.Fatal(err)
	}
	return apitest.Ask(b.t, b, b.tokens[as], http.MethodPost, "/api/graphql", string(body))
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	status, answer := b.batch("root",
		object{"query": `mutation { createTag(input: {name: "new"}) { name } }`},
		object{"query": `{ tags(where: "name = 'new'") { totalItems } }`},
		object{"query": `{ nope }`},
		object{"query": `query a { __typename } query b { b: __typename }`, "operationName": "b"},
		object{"query": `query ($n: Int) { posts(first: $n) { items { id } } }`, "variables": object{"n": 0}},
		object{"query": `subscription { postChanged { id } }`},
	)
	var results []struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(answer), &results); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	var got []string
	for _, r := range results {
		if len(r.Errors) > 0 {
			got = append(got, r.Errors[0].Extensions.Code)
		} else {
			got = append(got, string(r.Data))
		}
	}
	want := []string{`{"createTag":{"name":"new"}}`, `{"tags":{"totalItems":1}}`, "GRAPHQL_VALIDATION_FAILED", `{"b":"Query"}`, `{"posts":{"items":[]}}`, "BAD_USER_INPUT"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestLimitsOfBatches checks that the limits of an operation apply to the sum of all operations of
// a request.
func TestLimitsOfBatches(t *testing.T) {
	t.Parallel()
	b := newPress(t)
	times := func(n int, query string) (list []object) {
		for range n {
			list = append(list, object{"query": query})
		}
		return list
	}
	for name, c := range map[string]struct {
		operations []object
		last       string // beginning of the last answer; "" if all operations are refused
		has        string
	}{
		"operations":  {times(11, "{__typename}"), "", "The request has 11 operations, which are more than 10."},
		"ten":         {times(10, "{posts{totalItems}}"), `{"data":{"posts"`, ""},
		"tokens":      {times(2, "{"+strings.Repeat("__typename ", 7499)+"}"), "", "The operations have 15002 tokens, which are more than 15000."},
		"root fields": {times(2, "{"+aliases(26, "posts{totalItems}")+"}"), `{"errors"`, "51 root fields, which are more than 50"},
		"rows":        {times(3, "{posts(first:500){items{comments_via_post(first:90){items{id}}}}}"), `{"errors"`, "records, which are more than 100000"},
		"relations":   {times(2, "{posts{items{"+aliases(101, "author{id}")+"}}}"), `{"errors"`, "relations, which are more than 200"},
		"mutations":   {times(2, `mutation {createManyTag(inputs:[`+strings.Repeat(`{name:"x"}`, 26)+`]){id}}`), `{"errors"`, "may write 51 records, which are more than 50"},
	} {
		status, answer := b.batch("root", c.operations...)
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", name, status, answer)
			continue
		}
		if c.has != "" && (!strings.Contains(answer, c.has) || !strings.Contains(answer, "QUERY_TOO_COMPLEX")) {
			t.Errorf("%s: %.500s, want %s", name, answer, c.has)
		}
		var results []json.RawMessage
		if err := json.Unmarshal([]byte(answer), &results); (err != nil) != (c.last == "") {
			t.Errorf("%s: %.500s", name, answer)
		} else if err == nil && (len(results) != len(c.operations) || !strings.HasPrefix(string(results[0]), `{"data"`) || !strings.HasPrefix(string(results[len(results)-1]), c.last)) {
			t.Errorf("%s: %.500s", name, answer)
		}
	}
	b.set(`{"rateLimits":{"enabled":true,"rules":[{"label":"posts:list","maxRequests":3,"duration":1000}]}}`)
	if _, answer := b.batch("", times(4, "{posts{totalItems}}")...); strings.Count(answer, `"data"`) != 3 || !strings.Contains(answer, `"RATE_LIMITED"`) {
		t.Errorf("the fourth of three: %s", answer)
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// withHash returns an operation of Apollo's protocol for persisted queries, without a query if text
// is "".
func withHash(text, hash string) object {
	op := object{"extensions": object{"persistedQuery": object{"version": 1, "sha256Hash": hash}}}
	if text != "" {
		op["query"] = text
	}
	return op
}

func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	send := func(as string, op object) string {
		_, answer := b.batch(as, op)
		return answer
	}
	const text = "{ posts { totalItems } }"
	const found = `[{"data":{"posts":{"totalItems":3}}}]`
	const lost = `[{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}]`
	for _, c := range []struct {
		op   object
		want string
	}{
		{withHash("", hash(text)), lost},
		{withHash(text, hash("another")), "BAD_USER_INPUT"},
		{withHash("", hash("another")), lost},
		{withHash(text, hash(text)), found},
		{withHash("", hash(text)), found},
		{withHash("", strings.ToUpper(hash(text))), found},
		{withHash("#"+strings.Repeat("x", 16<<10)+"\n"+text, hash("#"+strings.Repeat("x", 16<<10)+"\n"+text)), found},
		{withHash("", hash("#"+strings.Repeat("x", 16<<10)+"\n"+text)), lost}, // too long to be stored
	} {
		if answer := send("", c.op); !strings.Contains(answer, c.want) {
			t.Errorf("%.100s: %s, want %s", c.op, answer, c.want)
		}
	}
	extensions := url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"` + hash(text) + `"}}`)
	if status, answer := apitest.Ask(t, b, "", http.MethodGet, "/api/graphql?extensions="+extensions, ""); status != http.StatusOK || "["+answer+"]" != found {
		t.Errorf("by GET: %d %s", status, answer)
	}
	for _, wrong := range []any{"x", object{"version": 2, "sha256Hash": "x"}, object{"version": 1}, object{"version": 1, "sha256Hash": strings.Repeat("x", 256)}} {
		if status, answer := b.batch("", object{"query": text, "extensions": object{"persistedQuery": wrong}}); status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", wrong, status, answer)
		}
	}
	// A guest who sends the hash of a superuser's query gets only what rules allow guests.
	const hidden = "{ vault { totalItems } }"
	if answer := send("root", withHash(hidden, hash(hidden))); !strings.HasPrefix(answer, `[{"data"`) {
		t.Errorf("of a superuser: %s", answer)
	}
	if answer := send("", withHash("", hash(hidden))); !strings.Contains(answer, "GRAPHQL_VALIDATION_FAILED") {
		t.Errorf("of a guest: %s", answer)
	}
}

func TestOnlyPersistedDocuments(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	const listed, named, other = "{ posts { totalItems } }", "{ tags { totalItems } }", "{ __typename }"
	if _, answer := b.batch("", withHash(other, hash(other))); !strings.Contains(answer, `"data"`) {
		t.Fatal(answer)
	}
	documents, err := json.Marshal(object{"graphql": object{"persistedOnly": true, "documents": object{hash(listed): listed, "tags": named}}})
	if err != nil {
		t.Fatal(err)
	}
	b.set(string(documents))
	for _, c := range []struct {
		as   string
		op   object
		want string
	}{
		{"", withHash("", hash(listed)), `"totalItems":3`},
		{"", withHash(listed, hash(listed)), `"totalItems":3`},
		{"", object{"query": listed}, `"totalItems":3`},
		{"", withHash("", "tags"), `"totalItems":2`},
		{"", withHash(named, "tags"), `"totalItems":2`},
		{"ann", object{"query": other}, "FORBIDDEN"},
		{"ann", withHash(other, hash(other)), "FORBIDDEN"},
		{"ann", withHash("", hash(other)), "PERSISTED_QUERY_NOT_FOUND"},
		{"ann", withHash(other, hash(listed)), "FORBIDDEN"},
		{"root", object{"query": other}, `"data"`},
	} {
		if _, answer := b.batch(c.as, c.op); !strings.Contains(answer, c.want) {
			t.Errorf("%s as %q: %s, want %s", c.op, c.as, answer, c.want)
		}
	}
	b.set(`{"graphql":{"documents":{"a":"{ __typename }"}}}`)
	if _, answer := b.batch("", withHash("", "tags")); !strings.Contains(answer, "PERSISTED_QUERY_NOT_FOUND") {
		t.Errorf("taken off the list: %s", answer)
	}
	for _, wrong := range []string{`{"":"{a}"}`, `{"a":""}`, `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, `["a"]`} {
		status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/settings", `{"graphql":{"documents":`+wrong+`}}`)
		if status != http.StatusBadRequest {
			t.Errorf("%.50s: %d %.200s", wrong, status, answer)
		}
	}
}
