package rest_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
)

// allowBatches changes the batch settings.
func (s *server) allowBatches(t testing.TB, settings string) {
	t.Helper()
	if res := s.do(scenario{method: "PATCH", path: "/api/settings", as: "root", body: `{"batch":` + settings + `}`}); res.Code != 200 {
		t.Fatalf("settings: %s", res.Body)
	}
}

// batchOf returns the body of a batch.
func batchOf(requests ...string) string { return `{"requests":[` + strings.Join(requests, ",") + `]}` }

func sub(method, url, body string) string {
	return fmt.Sprintf(`{"method":%q,"url":%q,"body":%s}`, method, url, body)
}

const invalidBatch = `"message":"Invalid batch request data."`

func TestBatchForm(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	ok := sub("POST", posts, `{"title":"x"}`)
	s.run(t, []scenario{{name: "disabled", method: "POST", path: "/api/batch", body: batchOf(ok), as: "root", status: 403,
		has: []string{`"Batch requests are not allowed."`}}})
	s.allowBatches(t, `{"enabled":true,"timeout":600,"maxRequests":3,"maxBodySize":3000}`)
	unreadable := []string{`"Failed to read the submitted batch data."`, `"data":{}`}
	s.run(t, []scenario{
		{name: "empty body", method: "POST", path: "/api/batch", status: 400, has: []string{invalidBatch, `"data":{"requests":{"code":"validation_required"`}},
		{name: "no requests", method: "POST", path: "/api/batch", body: batchOf(), status: 400, has: []string{invalidBatch, "validation_required"}},
		{name: "too many", method: "POST", path: "/api/batch", body: batchOf(ok, ok, ok, ok), status: 400,
			has: []string{`"requests":{"code":"validation_length_too_long","message":"The length must be no more than 3.","params":{"max":3,"min":0}}`}},
		{name: "method and url", method: "POST", path: "/api/batch", body: batchOf(ok, sub("post", "", "{}"), sub("", "/"+strings.Repeat("x", 2000), "null")), status: 400,
			has: []string{`"data":{"requests":{"1":{"method":{"code":"validation_in_invalid","message":"Must be a valid value."},"url":{"code":"validation_required"`,
				`"2":{"method":{"code":"validation_required"`, `"url":{"code":"validation_length_too_long"`}},
		{name: "null request", method: "POST", path: "/api/batch", body: batchOf("null"), status: 400, has: []string{invalidBatch}},
		{name: "malformed", method: "POST", path: "/api/batch", body: `{"requests":[`, status: 400, has: unreadable},
		{name: "no list", method: "POST", path: "/api/batch", body: `{"requests":{}}`, status: 400, has: unreadable},
		{name: "no objects", method: "POST", path: "/api/batch", body: batchOf("1"), status: 400, has: unreadable},
		{name: "wrong method type", method: "POST", path: "/api/batch", body: batchOf(`{"method":1}`), status: 400, has: unreadable},
		{name: "wrong body type", method: "POST", path: "/api/batch", body: batchOf(`{"method":"POST","url":"/","body":[]}`), status: 400, has: unreadable},
		{name: "wrong header type", method: "POST", path: "/api/batch", body: batchOf(`{"method":"POST","url":"/","headers":{"a":1}}`), status: 400, has: unreadable},
		{name: "over the limit", method: "POST", path: "/api/batch", body: batchOf(sub("POST", posts, `{"title":"`+strings.Repeat("x", 3000)+`"}`)), status: 413},
		{name: "wrong way", path: "/api/batch", status: 404, has: []string{notFoundMessage}},
	})
}

func TestBatch(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	s.allowBatches(t, `{"enabled":true,"timeout":600}`)
	coretest.Collection(t, s.app, `{"name":"own","createRule":"@request.context = 'batch' && @request.auth.id = owner && @request.headers.x_a = 'b' && @request.query.q = '1' && @request.method = 'POST'",
		"viewRule":"","fields":[{"name":"owner","type":"text"},{"name":"pass","type":"password"}]}`)
	own := func(headers string) string {
		return `{"method":"POST","url":"/api/collections/own/records?q=1","headers":` + headers + `,"body":{"owner":"` + s.ids["ann"] + `","pass":"plaintext1"}}`
	}
	failed := func(i int, response string) []string {
		return []string{fmt.Sprintf(`{"data":{"requests":{"%d":{"code":"batch_request_failed","message":"Batch request failed.","response":{"data":%s`, i, response),
			`"message":"Batch transaction failed.","status":400}`}
	}
	create := sub("POST", posts, `{"title":"left over"}`)
	s.run(t, []scenario{
		{name: "all actions", method: "POST", path: "/api/batch", status: 200, body: batchOf(
			sub("POST", posts+"?fields=title,expand.author.name&expand=author", `{"title":"new","author":"author000000001"}`),
			sub("PATCH", post1, `{"views+":2}`), sub("PATCH", post1, `{"views+":2}`),
			sub("PUT", posts+"?fields=id,title", `{"id":"upsert000000001","title":"made"}`),
			sub("PUT", posts+"?fields=id,title", `{"id":"upsert000000001","title":"changed"}`),
			sub("DELETE", posts+"/upsert000000001", "null")),
			has: []string{`[{"body":{"expand":{"author":{"name":"Ann"}},"title":"new"},"status":200},`, `"views":4}`,
				`{"body":{"id":"upsert000000001","title":"made"},"status":200},{"body":{"id":"upsert000000001","title":"changed"},"status":200},{"body":null,"status":204}]`}},
		{name: "fields of the whole", method: "POST", path: "/api/batch?fields=status", body: batchOf(sub("DELETE", posts+"/post00000000003", "{}")), status: 200,
			has: []string{`[{"status":204}]`}},
		{name: "rules see the request", method: "POST", path: "/api/batch", as: "ann", body: batchOf(own(`{"x-a":"b"}`)), status: 200,
			has: []string{`"pass":""`}, hasNot: []string{"plaintext"}},
		{name: "outer headers", method: "POST", path: "/api/batch", as: "ann", headers: map[string]string{"X-A": "b"}, body: batchOf(own(`{}`)), status: 200},
		{name: "headers are overridden", method: "POST", path: "/api/batch", as: "ann", headers: map[string]string{"X-A": "b"}, body: batchOf(own(`{"X-A":"c"}`)), status: 400,
			has: failed(0, `{},"message":"Failed to create record.","status":400}`)},
		{name: "identity is not", method: "POST", path: "/api/batch", body: batchOf(own(`{"x-a":"b","authorization":"` + s.tokens["ann"] + `"}`)), status: 400},

		{name: "failing in the middle", method: "POST", path: "/api/batch", body: batchOf(create, sub("POST", posts, `{"title":""}`), create), status: 400,
			has: failed(1, `{"title":{"code":"validation_required","message":"Cannot be blank."}},"message":"Failed to create record.","status":400}`)},
		{name: "missing record", method: "POST", path: "/api/batch", body: batchOf(create, sub("DELETE", posts+"/nope", "{}")), status: 400,
			has: failed(1, `{},"message":"The requested resource wasn't found.","status":404}`)},
		{name: "missing collection", method: "POST", path: "/api/batch", body: batchOf(create, sub("POST", "/api/collections/nope/records", "{}")), status: 400,
			has: failed(1, `{},"message":"Missing or invalid collection context.","status":404}`)},
		{name: "forbidden", method: "POST", path: "/api/batch", body: batchOf(create, sub("POST", "/api/collections/authors/records", "{}")), status: 400,
			has: failed(1, `{},"message":"Only superusers can perform this action.","status":403}`)},
		{name: "bad fields", method: "POST", path: "/api/batch", body: batchOf(create, sub("POST", posts+"?fields=a:b", `{"title":"left over"}`)), status: 400,
			has: failed(1, `{},`+defaultMessage)},
		{name: "the first failure is told", method: "POST", path: "/api/batch", body: batchOf(create, sub("POST", posts, `{"title":""}`), sub("GET", posts, "{}")), status: 400,
			has: failed(1, `{"title":{"code":"validation_required"`)},
		{name: "nothing of them is left", path: posts + "?filter=title%3D'left%20over'", status: 200, has: []string{`"totalItems":0`}},
	})
	for _, request := range []string{
		sub("GET", post1, "{}"), sub("GET", posts, "{}"), sub("POST", "/api/batch", "{}"), sub("PATCH", posts, "{}"), sub("POST", post1, "{}"),
		sub("DELETE", posts, "{}"), sub("PUT", post1, "{}"), sub("POST", "/nope", "{}"), sub("POST", "http://other.test"+posts, `{"title":"x"}`),
		sub("POST", "//other.test"+posts, `{"title":"x"}`), sub("POST", "/api/collections//records", `{"title":"x"}`), sub("DELETE", posts+"/", "{}"),
		sub("POST", "%zz", "{}"), sub("DELETE", post1+"/x", "{}"), sub("POST", posts+"?q=%ff", `{"title":"x"}`),
	} {
		res := s.do(scenario{method: "POST", path: "/api/batch", as: "root", body: batchOf(request)})
		if res.Code != 400 || !strings.Contains(res.Body.String(), `"response":{"data":{},`+defaultMessage+`,"status":400`) {
			t.Errorf("batch of %s = %d %s", request, res.Code, res.Body)
		}
	}
}

func TestBatchWithFiles(t *testing.T) {
	t.Parallel()
	s := newBlog(t)
	s.allowBatches(t, `{"enabled":true,"timeout":600}`)
	payload := batchOf(sub("POST", posts, `{"id":"files0000000001","title":"a"}`), sub("PATCH", post1, `{}`), sub("PATCH", post1, `{}`))
	run := func(name string, status int, has []string, parts ...any) {
		headers, body := form(t, parts...)
		s.run(t, []scenario{{name: name, method: "POST", path: "/api/batch", headers: headers, body: body, status: status, has: has}})
	}
	run("files of several requests", 200, []string{`"files":["some_file_`, `"files":["some_file_`}, "@jsonPayload", payload,
		"requests.0.files", []byte("a"), "requests[1].files", []byte("b"), "requests.2.files+", []byte("c"),
		"requests.9.files", []byte("x"), "requests.x.files", []byte("x"), "requests", []byte("x"), "requests.0.", []byte("x"), "other", []byte("x"))
	s.run(t, []scenario{
		{name: "stored", path: posts + "/files0000000001?fields=files", status: 200, has: []string{`{"files":["some_file_`}},
		{name: "appended", path: post1 + "?fields=files", status: 200, has: []string{`.txt","some_file_`}},
	})
	before := countFiles(t, s.app)
	run("failing after files", 400, []string{"batch_request_failed"}, "@jsonPayload",
		batchOf(sub("POST", posts, `{"title":"a"}`), sub("POST", posts, `{}`)), "requests.0.files", []byte("a"))
	if after := countFiles(t, s.app); after != before {
		t.Errorf("%d files are stored after a batch that failed, want %d", after, before)
	}
}

// countFiles returns the number of files in the folder of stored files.
func countFiles(t *testing.T, app *core.App) (n int) {
	t.Helper()
	if err := app.Removals().Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := fs.WalkDir(os.DirFS(filepath.Join(app.Config.Dir, "storage")), ".", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
