package follow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The collections: one that everybody sees, one that the owner of a record sees, and the same with
// an owner who never changes.
const (
	notes   = "notes"
	mine    = "mine"
	diaries = "diaries"
)

const users = 6

func (f *field) prepare(ctx context.Context) error {
	var err error
	if f.root, err = f.signIn(ctx, "_superusers", f.Email, f.Password); err != nil {
		return err
	}
	settings := `{"batch":{"enabled":true,"maxRequests":50,"timeout":30},"realtime":{"drainSeconds":0}}`
	if err := f.ask(ctx, "PATCH", "/api/settings", f.root, settings, nil); err != nil {
		return err
	}
	const owner = "owner = @request.auth.id"
	for name, rule := range map[string]string{notes: "", mine: owner, diaries: owner} {
		body := fmt.Sprintf(`{"name":%q,"type":"base","listRule":%q,"viewRule":%q,
			"fields":[{"name":"v","type":"number"},{"name":"n","type":"number"},{"name":"owner","type":"text"}]}`, name, rule, rule)
		if err := f.ask(ctx, "POST", "/api/collections", f.root, body, nil); err != nil {
			return err
		}
	}
	f.accounts = []account{{}}
	for i := range users {
		email, password := fmt.Sprintf("user%d@example.com", i), "a-long-password"
		body := fmt.Sprintf(`{"email":%q,"password":%q,"passwordConfirm":%q}`, email, password, password)
		if err := f.ask(ctx, "POST", "/api/collections/users/records", f.root, body, nil); err != nil {
			return err
		}
		a, err := f.signIn(ctx, "users", email, password)
		if err != nil {
			return err
		}
		f.accounts = append(f.accounts, a)
	}
	return nil
}

func (f *field) signIn(ctx context.Context, collection, email, password string) (account, error) {
	var answer struct {
		Token  string
		Record struct{ ID string }
	}
	body := fmt.Sprintf(`{"identity":%q,"password":%q}`, email, password)
	err := f.ask(ctx, "POST", "/api/collections/"+collection+"/auth-with-password", account{}, body, &answer)
	return account{answer.Record.ID, answer.Token}, err
}

// refusal is the error of an answer without success.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return fmt.Sprint(r.status, " ", r.text) }

// ask sends a request to a server, and decodes its answer into into, unless that is nil.
func (f *field) ask(ctx context.Context, method, path string, as account, body string, into any) error {
	return f.askAt(ctx, f.URL(), method, path, as, body, into)
}

func (f *field) askAt(ctx context.Context, at, method, path string, as account, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, at+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if as.token != "" {
		r.Header.Set("Authorization", as.token)
	}
	res, err := f.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		return err
	}
	switch {
	case res.StatusCode/100 != 2:
		return &refusal{res.StatusCode, text.String()}
	case into == nil:
		return nil
	}
	return json.Unmarshal(text.Bytes(), into)
}

// row is a record of any of the collections.
type row struct {
	ID string `json:"id"`
	V  int    `json:"v"` // counts its changes
}

// list returns the result of a query, up to a limit; 0 is no limit.
func (f *field) list(ctx context.Context, as account, q query) (rows []row, err error) {
	perPage := q.limit
	if perPage == 0 {
		perPage = 1000
	}
	for page := 1; ; page++ {
		var answer struct{ Items []row }
		values := url.Values{"page": {fmt.Sprint(page)}, "perPage": {fmt.Sprint(perPage)}, "skipTotal": {"1"},
			"filter": {q.filter}, "sort": {q.sort}, "fields": {"id,v"}}
		if err := f.ask(ctx, "GET", "/api/collections/"+q.collection+"/records?"+values.Encode(), as, "", &answer); err != nil {
			return nil, err
		}
		rows = append(rows, answer.Items...)
		if q.limit > 0 || len(answer.Items) < perPage {
			return rows, nil
		}
	}
}
