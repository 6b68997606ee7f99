package api

import (
	"context"
	"errors"
	"fmt"
)

// The variables that name the first superuser of an installation nobody can look at.
const (
	superuserEmailVariable    = variablePrefix + "SUPERUSER_EMAIL"
	superuserPasswordVariable = variablePrefix + "SUPERUSER_PASSWORD"
)

// firstSuperuser makes the superuser that the environment names, if there is none at
// all. Later starts change nothing. It returns what was done, "" for nothing.
func firstSuperuser(ctx context.Context, p *Program, lookup func(string) (string, bool)) (done string, err error) {
	email, named := lookup(superuserEmailVariable)
	password, known := lookup(superuserPasswordVariable)
	if !named && !known {
		return "", nil
	}
	if email == "" || password == "" {
		return "", errors.New(superuserEmailVariable + " and " + superuserPasswordVariable + " go together")
	}
	has, err := p.Server().Auth.HasSuperuser(ctx)
	if err != nil || has {
		return "", err
	}
	done, err = createSuperuser(ctx, p.App, email, password)
	if err != nil {
		return "", fmt.Errorf("the superuser of %s: %w", superuserEmailVariable, err)
	}
	return done, nil
}
