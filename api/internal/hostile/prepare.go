package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const superusers = "/api/collections/_superusers/auth-with-password"

// collections are the definitions that the attacks need, with rules that make the attacks possible.
var collections = []string{
	`{"name":"notes","type":"base","listRule":"","viewRule":"","createRule":"","fields":[
		{"name":"title","type":"text"},{"name":"body","type":"text","max":100000},{"name":"page","type":"editor"},{"name":"n","type":"number"}]}`,
	`{"name":"nodes","type":"base","id":"nodes0000000000","listRule":"","viewRule":"","createRule":"","fields":[
		{"name":"text","type":"text"},{"name":"next","type":"relation","collectionId":"nodes0000000000","maxSelect":200}]}`,
	`{"name":"members","type":"auth","createRule":"@request.auth.id != ''","fields":[]}`,
	`{"name":"locked","type":"base","fields":[{"name":"file","type":"file","maxSize":50000000}]}`,
	`{"name":"owners","type":"base","id":"owners000000000","listRule":"","viewRule":"","deleteRule":"","fields":[{"name":"name","type":"text"}]}`,
	`{"name":"things","type":"base","listRule":"","fields":[
		{"name":"owner","type":"relation","collectionId":"owners000000000","cascadeDelete":true,"maxSelect":1}]}`,
}

// Prepare fills the server, which must be empty, and returns the field.
func Prepare(ctx context.Context, c Config) (*Field, error) {
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
	f := &Field{Config: c}
	set := func(n *int, otherwise int) {
		if *n == 0 {
			*n = otherwise
		}
	}
	set(&f.Rows, 2000)
	set(&f.Text, 1000)
	set(&f.Clients, 8)
	set(&f.Honest, 8)
	f.honest = f.client()
	defer f.honest.CloseIdleConnections()
	for _, step := range []func(context.Context) error{f.signIn, f.define, f.fillNotes, f.fillNodes, f.fillThings} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// call sends a request as the superuser and decodes its answer into out.
func (f *Field) call(ctx context.Context, method, path string, body, out any) error {
	text, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = string(encoded)
	}
	status, answer, err := send(ctx, f.honest, f.root, method, f.URL+path, "application/json", strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if status/100 != 2 {
		return fmt.Errorf("%s %s: %d %.500s", method, path, status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal([]byte(answer), out)
}

func (f *Field) signIn(ctx context.Context) error {
	var answer struct{ Token string }
	err := f.call(ctx, http.MethodPost, superusers, map[string]string{"identity": f.Email, "password": f.Password}, &answer)
	f.root = answer.Token
	return err
}

// define makes the collections and an honest user.
func (f *Field) define(ctx context.Context) error {
	for _, c := range collections {
		if err := f.call(ctx, http.MethodPost, "/api/collections", c, nil); err != nil {
			return err
		}
	}
	if err := f.call(ctx, http.MethodPatch, "/api/settings", `{"batch":{"enabled":true,"maxRequests":1000,"timeout":60}}`, nil); err != nil {
		return err
	}
	user := map[string]string{"email": "honest@example.com", "password": "honest-words", "passwordConfirm": "honest-words"}
	if err := f.call(ctx, http.MethodPost, "/api/collections/users/records", user, nil); err != nil {
		return err
	}
	var answer struct{ Token string }
	err := f.call(ctx, http.MethodPost, "/api/collections/users/auth-with-password",
		map[string]string{"identity": user["email"], "password": user["password"]}, &answer)
	f.token = answer.Token
	return err
}

func (f *Field) fillNotes(ctx context.Context) error {
	text := strings.Repeat("lorem ", f.Text/6+1)[:f.Text]
	ids, err := f.fill(ctx, "notes", f.Rows, func(i int) map[string]any {
		return map[string]any{"title": fmt.Sprint("title ", i), "body": fmt.Sprint((i*7919)%f.Rows, " ", text), "n": i}
	})
	if err != nil {
		return err
	}
	f.notes = ids[1:]
	var page bytes.Buffer // every element has an attribute that the first element lacks
	for i := range 10_000 {
		fmt.Fprintf(&page, "<html a%d=1>", i)
	}
	return f.call(ctx, http.MethodPatch, "/api/collections/notes/records/"+ids[0], map[string]any{"title": "evil", "page": page.String()}, nil)
}

// fillNodes makes 200 nodes, each of which refers to 100 others.
func (f *Field) fillNodes(ctx context.Context) error {
	ids, err := f.fill(ctx, "nodes", 200, func(int) map[string]any { return map[string]any{"text": strings.Repeat("node ", 400)} })
	if err != nil {
		return err
	}
	f.nodes = ids
	for i, id := range ids {
		next := append(append([]string{}, ids[i:]...), ids[:i]...)[:100]
		if err := f.call(ctx, http.MethodPatch, "/api/collections/nodes/records/"+id, map[string]any{"next": next}, nil); err != nil {
			return err
		}
	}
	return nil
}

// fillThings makes an owner with as many things as the large collections have rows. An
// account that may delete the owner deletes them all.
func (f *Field) fillThings(ctx context.Context) error {
	owners, err := f.fill(ctx, "owners", 1, func(int) map[string]any { return map[string]any{"id": owner, "name": "all"} })
	if err != nil {
		return err
	}
	_, err = f.fill(ctx, "things", max(f.Rows, 12_000), func(int) map[string]any { return map[string]any{"owner": owners[0]} })
	return err
}

// fill creates records in batches and returns their ids.
func (f *Field) fill(ctx context.Context, collection string, n int, body func(i int) map[string]any) (ids []string, err error) {
	f.Log("%s: %d rows", collection, n)
	for i := 0; i < n; {
		var requests []map[string]any
		for ; i < n && len(requests) < 1000; i++ {
			requests = append(requests, map[string]any{"method": "POST", "url": "/api/collections/" + collection + "/records", "body": body(i)})
		}
		var answers []struct{ Body struct{ ID string } }
		if err := f.call(ctx, http.MethodPost, "/api/batch", map[string]any{"requests": requests}, &answers); err != nil {
			return nil, err
		}
		for _, a := range answers {
			ids = append(ids, a.Body.ID)
		}
	}
	return ids, nil
}
