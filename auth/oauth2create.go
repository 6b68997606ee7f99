package auth

import (
	"context"
	"maps"

	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// newAccount returns the input of a new account: the data of the client and, for fields that the
// client has not sent, the data of the provider.
func (e *entry) newAccount(ctx context.Context, data map[string]any) (record.Input, error) {
	in := record.Input{Body: maps.Clone(data), Password: e.password}
	if in.Body == nil {
		in.Body = map[string]any{}
	}
	if email, _ := in.Body["email"].(string); email == "" {
		in.Body["email"] = e.user.Email
	}
	fields := e.collection.Auth.OAuth2.MappedFields
	e.fill(in.Body, fields.ID, e.user.ID)
	e.fill(in.Body, fields.Name, e.user.Name)
	if e.wants(in.Body, fields.Username, e.user.Username) {
		free, err := e.usernameIsFree(ctx, fields.Username)
		if err != nil {
			return in, err
		}
		if free {
			in.Body[fields.Username] = e.user.Username
		}
	}
	e.fillAvatar(ctx, &in, fields.AvatarURL)
	return in, nil
}

// wants reports whether a field is filled in with a value of the provider.
func (e *entry) wants(body map[string]any, field, value string) bool {
	_, sent := body[field]
	return !sent && value != "" && e.collection.Field(field) != nil
}

func (e *entry) fill(body map[string]any, field, value string) {
	if e.wants(body, field, value) {
		body[field] = value
	}
}

// usernameIsFree reports whether the field accepts the user name and no account has it. A name that
// is taken must not prevent the sign-in.
func (e *entry) usernameIsFree(ctx context.Context, name string) (bool, error) {
	f := e.collection.Field(name)
	if _, ok := f.Kind.(*schema.Text); !ok || f.Kind.Validate(f, e.user.Username) != nil {
		return false, nil
	}
	_, err := e.app.Records().FindUnique(ctx, e.collection.ID, name, e.user.Username)
	if fault.KindOf(err) == fault.NotFound {
		return true, nil
	}
	return false, err
}

// create creates the account under the create rule for the caller. Its address is verified if it is
// that of the provider.
func (e *entry) create(tx *core.Tx, in record.Input) (*record.Record, error) {
	r, err := tx.Records.Create(tx.Context, e.caller, e.collection.ID, in)
	if err != nil {
		return nil, err
	}
	if r.Bool("verified") || !e.isEmail(r.Text("email")) {
		return r, nil
	}
	return tx.Records.Update(tx.Context, record.Root(), e.collection.ID, r.ID(), record.Input{Body: map[string]any{"verified": true}})
}

// meta is the data about the person for the client, in the order of the wire.
type meta struct {
	AccessToken  string         `json:"accessToken"`
	AvatarURL    string         `json:"avatarURL"`
	AvatarURLOld string         `json:"avatarUrl"`
	Email        string         `json:"email"`
	Expiry       string         `json:"expiry"`
	ID           string         `json:"id"`
	IsNew        bool           `json:"isNew"`
	Name         string         `json:"name"`
	RawUser      map[string]any `json:"rawUser"`
	RefreshToken string         `json:"refreshToken"`
	Username     string         `json:"username"`
}

func newMeta(u *provider.User, made bool) meta {
	return meta{
		AccessToken: u.AccessToken, AvatarURL: u.AvatarURL, AvatarURLOld: u.AvatarURL, Email: u.Email, Expiry: schema.FormatTime(u.Expiry),
		ID: u.ID, IsNew: made, Name: u.Name, RawUser: u.Raw, RefreshToken: u.RefreshToken, Username: u.Username,
	}
}
