// Secrets in the rows of _collections: encrypted with the key of the settings, if there is one.

package collection

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// sealedOptions are the stored options of an auth collection with encrypted secrets.
type sealedOptions struct {
	Sealed string `json:"sealed"`
}

// secrets are the secrets of an auth collection.
type secrets struct {
	Tokens  map[string]string `json:"tokens"`  // by the names of the options
	Clients map[string]string `json:"clients"` // by the names of the providers
}

// sealer returns the sealer of the settings, nil without a key.
func (s *Service) sealer() *settings.Sealer {
	if s.cfg.Settings == nil {
		return nil
	}
	return s.cfg.Settings.Sealer()
}

// sealName returns the name that binds the sealed secrets to their collection.
func sealName(c *schema.Collection) string { return "_collections/" + c.ID }

// sealed returns the stored form of the options of an auth collection, with encrypted secrets.
func sealed(c *schema.Collection, with *settings.Sealer) ([]byte, error) {
	kept := secrets{Tokens: map[string]string{}, Clients: map[string]string{}}
	options := c.Auth.Clone()
	for name, t := range options.Tokens() {
		kept.Tokens[name], t.Secret = t.Secret, ""
	}
	for i := range options.OAuth2.Providers {
		p := &options.OAuth2.Providers[i]
		kept.Clients[p.Name], p.ClientSecret = p.ClientSecret, ""
	}
	document, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	stored := c.StoredOptions()
	stored.AuthOptions = options
	return json.Marshal(struct {
		schema.StoredOptions
		sealedOptions
	}{stored, sealedOptions{with.Seal(document, sealName(c))}})
}

// unseal decrypts the secrets of an auth collection, if they are encrypted in its stored options.
// A secret that is in plain text is kept: it was written by SQL.
func unseal(c *schema.Collection, stored []byte, with *settings.Sealer) error {
	var o sealedOptions
	if err := json.Unmarshal(stored, &o); err != nil || o.Sealed == "" {
		return err
	}
	document, err := with.Open(o.Sealed, sealName(c))
	if err != nil {
		return fmt.Errorf("secrets of the collection %s: %w", c.Name, err)
	}
	var kept secrets
	if err := json.Unmarshal(document, &kept); err != nil {
		return fmt.Errorf("secrets of the collection %s: %w", c.Name, err)
	}
	plain := map[string]json.RawMessage{}
	if err := json.Unmarshal(stored, &plain); err != nil {
		return err
	}
	for name, t := range c.Auth.Tokens() {
		var own schema.Token
		if err := json.Unmarshal(plain[name], &own); err != nil || own.Secret == "" {
			t.Secret = kept.Tokens[name]
		}
	}
	for i := range c.Auth.OAuth2.Providers {
		if p := &c.Auth.OAuth2.Providers[i]; p.ClientSecret == "" {
			p.ClientSecret = kept.Clients[p.Name]
		}
	}
	return nil
}

// Seal encrypts the stored secrets of all collections if there is a key and they are not
// encrypted yet. It does not count as a change of the collections: there are no hooks and no
// change log entries.
func (s *Service) Seal(ctx context.Context) error {
	if s.sealer() == nil {
		return nil
	}
	plain := false
	err := s.cfg.Store.Read(ctx, func(r store.Reader) (err error) {
		plain, err = anyPlain(r)
		return err
	})
	if err != nil || !plain {
		return err
	}
	return s.cfg.Store.Write(ctx, func(tx store.Tx) error {
		list, err := s.readRows(tx)
		if err != nil {
			return err
		}
		return s.updateSecrets(tx, list)
	})
}

// Reseal stores the secrets of all collections with the key of the given settings, in plain text
// if they have none. It does not count as a change of the collections: there are no hooks and no
// change log entries.
func (s *Service) Reseal(tx store.Tx, as *settings.Service) error {
	list, err := s.readRows(tx)
	if err != nil {
		return err
	}
	other := &Service{cfg: s.cfg}
	other.cfg.Settings = as
	return other.updateSecrets(tx, list)
}

// updateSecrets writes the rows of the auth collections in the list.
func (s *Service) updateSecrets(tx store.Tx, list []*schema.Collection) error {
	for _, c := range list {
		if c.Auth == nil {
			continue
		}
		if err := s.updateRow(tx, c); err != nil {
			return err
		}
	}
	return nil
}

// anyPlain reports whether the secrets of a collection are stored in plain text.
func anyPlain(r store.Reader) (plain bool, err error) {
	rows, err := r.Query(`SELECT "options" FROM "_collections" WHERE "type" = $1`, store.Text(schema.Auth))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var o sealedOptions
		if err := json.Unmarshal(rows.Bytes(0), &o); err != nil {
			return false, err
		}
		plain = plain || o.Sealed == ""
	}
	return plain, rows.Close()
}
