package provider

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/loambase/loam/internal/address"
)

// answer is the answer of a provider about a person, while it is being read.
type answer struct {
	ctx       context.Context
	client    *Client
	endpoints *endpoints
	token     *oauth2.Token
	info      tree
}

// tree is a JSON value that was decoded.
type tree struct{ value any }

// at returns the value at a path such as "data.0.name"; the zero tree if there is none.
func (t tree) at(path string) tree {
	if path == "" {
		return t
	}
	v := t.value
	for name := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(node) {
				return tree{}
			}
			v = node[i]
		default:
			return tree{}
		}
	}
	return tree{v}
}

// text returns the text or the number at the path, "" for any other value.
func (t tree) text(path string) string {
	if path == "" {
		return ""
	}
	switch v := t.at(path).value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// yes reports whether the value at the path is true, in any usual notation.
func (t tree) yes(path string) bool {
	switch v := t.at(path).value.(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "1"
	case json.Number:
		return v.String() == "1"
	}
	return false
}

// items returns the list at the path.
func (t tree) items(path string) []tree {
	list, _ := t.at(path).value.([]any)
	items := make([]tree, len(list))
	for i, v := range list {
		items[i] = tree{v}
	}
	return items
}

// fill requests the person's data and sets the fields of the User, as the row of the table
// describes.
func (k *kind) fill(a *answer, u *User) error {
	if err := k.load(a); err != nil {
		return err
	}
	u.Raw, _ = a.info.value.(map[string]any)
	if u.Raw == nil {
		return errors.New("the service tells nothing")
	}
	of := a.info.at(k.of)
	for _, want := range k.active {
		if path, value, _ := strings.Cut(want, "="); of.text(path) != value && !(value == "true" && of.yes(path)) {
			return errors.New("the account is not active")
		}
	}
	u.ID, u.Name, u.Username, u.AvatarURL = of.text(k.id), of.text(k.personName), of.text(k.username), of.text(k.avatar)
	if k.verified == "" || of.yes(k.verified) {
		u.Email = of.text(k.email)
	}
	if k.more != nil {
		if err := k.more(a, u); err != nil {
			return err
		}
	}
	// An empty id would be the same for every person.
	if u.ID == "" || u.ID == "0" {
		return errors.New("the service does not tell who it is")
	}
	if !address.IsEmail(u.Email) {
		u.Email = ""
	}
	return nil
}

// load requests the person's data.
func (k *kind) load(a *answer) error {
	switch {
	case k.read != nil:
		return k.read(a)
	case k.graphQL != "":
		return a.client.ask(a.ctx, a.endpoints.userInfoURL, k.graphQL, a.token, &a.info.value)
	}
	return a.client.get(a.ctx, a.endpoints.userInfoURL, a.token, &a.info.value)
}
