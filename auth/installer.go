package auth

import (
	"context"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// installerTime is the validity of the link of the installer.
const installerTime = 30 * time.Minute

// HasSuperuser reports whether there is a superuser other than the installer's account.
func (s *Service) HasSuperuser(ctx context.Context) (bool, error) {
	found, err := s.app.Records().Find(ctx, record.Root(), record.Query{
		Collection: schema.Superusers, Filter: "email != {:installer}", Limit: 1,
		Params: map[string]any{"installer": schema.InstallerEmail},
	})
	return len(found) > 0, err
}

// Installer returns a token with which the first superuser can be created, within half an hour
// (docs/wire/auth-realtime-system.md §1.15); "" if there is a superuser. The token belongs to a
// separate account, which is deleted when another superuser is created.
func (s *Service) Installer(ctx context.Context) (token string, err error) {
	if has, err := s.HasSuperuser(ctx); err != nil || has {
		return "", err
	}
	r, err := s.installer(ctx)
	if err != nil {
		if has, failed := s.HasSuperuser(ctx); failed == nil && has { // another process has just created one
			return "", nil
		}
		return "", err
	}
	refreshable := false
	return newTokenFor(r, claims{Type: Auth, Refreshable: &refreshable}, s.app.Now(), installerTime)
}

// installer returns the account of the installer, and creates it if it is missing.
func (s *Service) installer(ctx context.Context) (*record.Record, error) {
	find := func() (*record.Record, error) {
		return s.app.Records().FindFirst(ctx, schema.Superusers, "email", schema.InstallerEmail, false)
	}
	r, err := find()
	if fault.KindOf(err) != fault.NotFound {
		return r, err
	}
	r, err = s.app.Records().Create(ctx, record.Root(), schema.Superusers, record.Input{Body: map[string]any{
		"email": schema.InstallerEmail, "password": randomPassword(s.app.Snapshot().Find(schema.Superusers)),
	}})
	if fault.KindOf(err) == fault.Invalid { // another server on the database has created it first
		if other, missing := find(); missing == nil {
			return other, nil
		}
	}
	return r, err
}
