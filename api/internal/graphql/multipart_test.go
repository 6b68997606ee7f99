package graphql_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/core/coretest"
)

// part is a part of a form. A part with a file name is a file.
type part struct{ name, file, text string }

// upload sends a form.
func (b *blog) upload(header string, parts ...part) (status int, answer string) {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		w, err := form.CreateFormField(p.name)
		if p.file != "" {
			w, err = form.CreateFormFile(p.name, p.file)
		}
		if err == nil {
			_, err = w.Write([]byte(p.text))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	form.Close()
	r := httptest.NewRequest(http.MethodPost, "/api/graphql", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if header != "" {
		r.Header.Set(header, "1")
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestUploads(t *testing.T) {
	t.Parallel()
	b := newBlog(t)
	coretest.Collection(t, b.app, `{"name":"albums","type":"base","listRule":"","viewRule":"","createRule":"","updateRule":"","fields":[{"name":"cover","type":"file"},
		{"name":"pictures","type":"file","maxSelect":3,"mimeTypes":["text/plain"]},{"name":"meta","type":"json"}]}`)
	operation := func(query, variables string) part {
		text, err := json.Marshal(object{"query": query, "variables": json.RawMessage(variables)})
		if err != nil {
			t.Fatal(err)
		}
		return part{"operations", "", string(text)}
	}
	const create = `mutation ($c: Upload, $p: [Upload!]) { createAlbum(input: {id: "a00000000000000", cover: $c, pictures: $p}) { cover { url } pictures { name url } } }`
	whole := operation(create, `{"c":null,"p":[null,null]}`)
	files := []part{{"map", "", `{"x":["variables.c"],"1":["variables.p.0"],"2":["variables.p.1"]}`}, {"x", "a b.txt", "cover"}, {"1", "one.txt", "first"}, {"2", "two.txt", "second"}}

	status, answer := b.upload("Apollo-Require-Preflight", append([]part{whole}, files...)...)
	var got struct {
		Data struct {
			CreateAlbum struct {
				Cover    struct{ URL string }
				Pictures []struct{ Name, URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK || len(got.Data.CreateAlbum.Pictures) != 2 {
		t.Fatalf("%v: %d %s", err, status, answer)
	}
	stored := got.Data.CreateAlbum
	for url, want := range map[string]string{stored.Cover.URL: "cover", stored.Pictures[0].URL: "first", stored.Pictures[1].URL: "second"} {
		if status, text := apitest.Ask(t, b, "", http.MethodGet, url, ""); status != http.StatusOK || text != want {
			t.Errorf("%s: %d %s, want %s", url, status, text, want)
		}
	}
	second := strings.NewReplacer("a00000000000000", "b00000000000000", "[null,null]", "[]").Replace(whole.text)
	_, answer = b.upload("GraphQL-Require-Preflight", part{"operations", "", `[{"query":"{__typename}"},` + second + `]`}, part{"map", "", `{"x":["1.variables.c"]}`}, part{"x", "b.txt", "of a list"})
	if !strings.HasPrefix(answer, `[{"data":{"__typename":"Query"}},{"`) || !strings.Contains(answer, `"cover":{"url":"`) {
		t.Errorf("an upload of the second operation: %s", answer)
	}
	// The name of a stored file keeps the file, an upload adds a file, and null removes all files.
	kept, other := stored.Pictures[0].Name, stored.Pictures[1].Name
	_, answer = b.upload("GraphQL-Require-Preflight", operation(`mutation ($p: [Upload!]) { updateAlbum(id: "a00000000000000", input: {pictures: $p, cover: null}) { cover { url } pictures { name } } }`,
		`{"p":["`+kept+`",null]}`), part{"map", "", `{"x":["variables.p.1"]}`}, part{"x", "new.txt", "third"})
	if !strings.Contains(answer, `{"cover":null,"pictures":[{"name":"`+kept+`"},{"name":"new_`) {
		t.Errorf("a kept file: %s", answer)
	}
	for _, p := range stored.Pictures[1:] {
		if status, _ := apitest.Ask(t, b, "", http.MethodGet, p.URL, ""); status != http.StatusNotFound {
			t.Errorf("%s is still there: %d", other, status)
		}
	}
	_, answer = b.upload("GraphQL-Require-Preflight", operation(`mutation ($p: [Upload!]) { updateAlbum(id: "a00000000000000", input: {pictures_add: $p, pictures_remove: ["`+kept+`"]}) { pictures { name } } }`,
		`{"p":[null]}`), part{"map", "", `{"x":["variables.p.0"]}`}, part{"x", "more.txt", "fourth"})
	if strings.Contains(answer, kept) || strings.Count(answer, `"name":"`) != 2 {
		t.Errorf("modifiers of files: %s", answer)
	}

	for name, c := range map[string]struct {
		header string
		parts  []part
		status int
		has    string
	}{
		"no preflight":       {"", append([]part{whole}, files...), http.StatusForbidden, "GraphQL-Require-Preflight"},
		"no operations":      {"GraphQL-Require-Preflight", files, http.StatusBadRequest, ""},
		"several operations": {"GraphQL-Require-Preflight", append([]part{{"operations", "", "[" + whole.text + "]"}}, files...), http.StatusBadRequest, "BAD_USER_INPUT"},
		"no map":             {"GraphQL-Require-Preflight", append([]part{whole}, files[1:]...), http.StatusBadRequest, "The part map"},
		"a map of texts":     {"GraphQL-Require-Preflight", append([]part{whole, {"map", "", `{"x":"variables.c"}`}}, files[1:]...), http.StatusBadRequest, "The part map"},
		"no file":            {"GraphQL-Require-Preflight", []part{whole, files[0]}, http.StatusBadRequest, `must be a file`},
		"outside":            {"GraphQL-Require-Preflight", []part{whole, {"map", "", `{"x":["query"]}`}, files[1]}, http.StatusBadRequest, "leads to no variable"},
		"beyond a list":      {"GraphQL-Require-Preflight", []part{whole, {"map", "", `{"x":["variables.p.2"]}`}, files[1]}, http.StatusBadRequest, "leads to no variable"},
		"not null":           {"GraphQL-Require-Preflight", []part{operation(create, `{"c":"x"}`), {"map", "", `{"x":["variables.c"]}`}, files[1]}, http.StatusBadRequest, "leads to no variable"},
		"no such variable":   {"GraphQL-Require-Preflight", []part{whole, {"map", "", `{"x":["variables.q"]}`}, files[1]}, http.StatusBadRequest, "leads to no variable"},
		"nested too deep":    {"GraphQL-Require-Preflight", []part{{"operations", "", strings.Repeat("[", 100_000)}}, http.StatusBadRequest, ""},
		"too long":           {"GraphQL-Require-Preflight", []part{{"operations", "", `{"query":"` + strings.Repeat("#", 1<<20) + `"}`}}, http.StatusRequestEntityTooLarge, ""},
		"into JSON": {"GraphQL-Require-Preflight", []part{operation(`mutation ($m: JSON) { createAlbum(input: {meta: $m}) { id } }`, `{"m":{"a":[null]}}`),
			{"map", "", `{"x":["variables.m.a.0"]}`}, files[1]}, http.StatusOK, "BAD_USER_INPUT"},
		"into JSON, by a literal": {"GraphQL-Require-Preflight", []part{operation(`mutation ($m: Upload) { createAlbum(input: {meta: {a: $m}}) { id } }`, `{"m":null}`),
			{"map", "", `{"x":["variables.m"]}`}, files[1]}, http.StatusOK, "JSON cannot represent value"},
		"into a text":       {"GraphQL-Require-Preflight", []part{operation(`query ($t: String) { posts(where: $t) { totalItems } }`, `{"t":null}`), {"map", "", `{"x":["variables.t"]}`}, files[1]}, http.StatusOK, "BAD_USER_INPUT"},
		"of a refused type": {"GraphQL-Require-Preflight", []part{operation(create, `{"p":[null]}`), {"map", "", `{"x":["variables.p.0"]}`}, {"x", "x.gif", "GIF89a"}}, http.StatusOK, "validation_invalid_mime_type"},
		"of a foreign file": {"GraphQL-Require-Preflight", []part{operation(create, `{"c":"other.txt"}`), {"map", "", `{}`}}, http.StatusOK, "validation_invalid_file"},
		"in many at once":   {"GraphQL-Require-Preflight", []part{operation(`mutation ($c: Upload) { updateManyAlbum(filter: {id: {ne: ""}}, set: {cover: $c}, atMost: 5) { id } }`, `{"c":null}`), {"map", "", `{"x":["variables.c"]}`}, files[1]}, http.StatusOK, "cannot be set in many records"},
	} {
		if status, answer := b.upload(c.header, c.parts...); status != c.status || !strings.Contains(answer, c.has) || strings.Contains(answer, `"data":{"createAlbum":{`) {
			t.Errorf("%s: %d %.300s, want %d %s", name, status, answer, c.status, c.has)
		}
	}
}
