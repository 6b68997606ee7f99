package api

import (
	"context"
	"errors"
	"fmt"
)

// The environment variables, without their prefix, that name the first superuser. They replace the
// link of the installer, which a server prints at its first start.
const (
	superuserEmail    = "superuser-email"
	superuserPassword = "superuser-password"
)

// firstSuperuser creates the superuser that the environment names, if the installation has no
// superuser. Later starts change nothing. done is a sentence about the new superuser, "" if
// none was created.
func firstSuperuser(ctx context.Context, p *Program, lookup func(string) (string, bool)) (done string, err error) {
	emailName, passwordName := variable(p.prefix(), superuserEmail), variable(p.prefix(), superuserPassword)
	email, named := lookup(emailName)
	password, known := lookup(passwordName)
	if !named && !known {
		return "", nil
	}
	if email == "" || password == "" {
		return "", errors.New(emailName + " and " + passwordName + " go together")
	}
	has, err := p.Server().Auth.HasSuperuser(ctx)
	if err != nil || has {
		return "", err
	}
	done, err = createSuperuser(ctx, p.App, email, password)
	if err != nil {
		return "", fmt.Errorf("the superuser of %s: %w", emailName, err)
	}
	return done, nil
}
