package graphql_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
)

// payload is the answer to a mutation with the alias a.
type payload struct {
	Data struct {
		A struct {
			Token, MFAID string
			Record       struct{ ID, Email, Nick string }
		}
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	const signIn = `mutation ($password: String!, $collection: String!, $identity: String!) {
		a: authWithPassword(collection: $collection, identity: $identity, password: $password) { token mfaId record { ... on People { id email nick } } meta } }`
	ann := object{"collection": "people", "identity": "ann@example.com", "password": password}
	var got payload
	answer := b.ask("", signIn, ann)
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Data.A.Token == "" || got.Data.A.Record.Nick != "Ann" || got.Data.A.Record.Email != "ann@example.com" {
		t.Fatalf("ann: %s", answer)
	}
	b.tokens["ann, anew"] = got.Data.A.Token
	if answer := b.ask("ann, anew", `{ me { ... on People { nick } } }`, nil); answer != `{"data":{"me":{"nick":"Ann"}}}` {
		t.Errorf("with the token: %s", answer)
	}
	answer = b.ask("ann, anew", `mutation { a: authRefresh(collection: "people") { token record { __typename ... on People { nick } } again: record { __typename } } }`, nil)
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Data.A.Token == "" || !strings.Contains(answer, `"again":{"__typename":"People"}`) {
		t.Errorf("a refresh: %s", answer)
	}
	// Superusers sign in too. The schema of guests has no type for their records.
	root := object{"collection": "_superusers", "identity": "root@example.com", "password": password}
	if answer := b.ask("", signIn, root); !strings.Contains(answer, `"token":"ey`) || !strings.Contains(answer, `"record":null`) {
		t.Errorf("root: %s", answer)
	}
	if answer := b.ask("", `mutation { requestPasswordReset(collection: "people", email: "nobody@example.com") }`, nil); answer != `{"data":{"requestPasswordReset":true}}` {
		t.Errorf("a flow: %s", answer)
	}
	for name, c := range map[string]struct {
		as, query string
		variables object
		code, has string
	}{
		"a wrong password": {"", signIn, object{"collection": "people", "identity": "ann@example.com", "password": "another-password"}, "BAD_USER_INPUT", `"data":{"a":null}`},
		"a blank one":      {"", signIn, object{"collection": "people", "identity": "ann@example.com", "password": ""}, "BAD_USER_INPUT", `"fields":{"password"`},
		"no accounts":      {"", signIn, object{"collection": "posts", "identity": "x", "password": "x"}, "NOT_FOUND", ""},
		"no collection":    {"", signIn, object{"collection": "nothing", "identity": "x", "password": "x"}, "NOT_FOUND", ""},
		"a guest's token":  {"", `mutation { authRefresh(collection: "people") { token } }`, nil, "UNAUTHENTICATED", `"path":["authRefresh"]`},
		"a broken token":   {"", `mutation { confirmVerification(collection: "people", token: "x") }`, nil, "BAD_USER_INPUT", `"fields":{"token"`},
		"no code by mail":  {"", `mutation { requestOTP(collection: "people", email: "ann@example.com") }`, nil, "FORBIDDEN", ""},
		"two at once": {"", `mutation { a: requestPasswordReset(collection: "people", email: "a@example.com") b: requestPasswordReset(collection: "people", email: "a@example.com") }`,
			nil, "BAD_USER_INPUT", "stands alone"},
		"beside a record": {"root", `mutation { createTag(input: {name: "unwritten"}) { id } authRefresh(collection: "people") { token } }`, nil, "BAD_USER_INPUT", "stands alone"},
	} {
		if answer := b.ask(c.as, c.query, c.variables); !strings.Contains(answer, `"code":"`+c.code+`"`) || !strings.Contains(answer, c.has) || strings.Contains(answer, `"token":"ey`) {
			t.Errorf("%s: %s, want %s %s", name, answer, c.code, c.has)
		}
	}
	if answer := b.ask("root", `{ tags(where: "name = 'unwritten'") { totalItems } }`, nil); !strings.Contains(answer, `"totalItems":0`) {
		t.Errorf("a refused operation has written: %s", answer)
	}
	if status, _ := apitest.Ask(t, b, "", http.MethodGet, `/api/graphql?query=mutation{requestPasswordReset(collection:"people",email:"x")}`, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("by GET: %d", status)
	}
	// The collection requires a second factor now.
	if status, answer := apitest.Ask(t, b, b.tokens["root"], http.MethodPatch, "/api/collections/people", `{"otp":{"enabled":true},"mfa":{"enabled":true}}`); status != http.StatusOK {
		t.Fatal(answer)
	}
	got = payload{}
	answer = b.ask("", signIn, ann)
	if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Data.A.Token != "" || got.Data.A.MFAID == "" || !strings.Contains(answer, `"record":null`) {
		t.Errorf("the first of two methods: %s", answer)
	}
}

// TestRateLimitsOfSigningIn checks that a sign-in counts against the rate limits of the REST route,
// in a batch too.
func TestRateLimitsOfSigningIn(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"people:authWithPassword", "*:auth", "/api/collections/people/auth-with-password"} {
		b := newBlog(t) // a new blog has counted no wrong passwords
		b.set(`{"rateLimits":{"enabled":true,"rules":[{"label":"` + label + `","maxRequests":3,"duration":1000}]}}`)
		query := `mutation { authWithPassword(collection: "people", identity: "x", password: "y") { token } }`
		_, answer := b.batch("", object{"query": query}, object{"query": query}, object{"query": query}, object{"query": query})
		if strings.Count(answer, "BAD_USER_INPUT") != 3 || strings.Count(answer, "RATE_LIMITED") != 1 {
			t.Errorf("%s: %s", label, answer)
		}
	}
}
