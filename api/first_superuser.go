package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/schema"
)

// The variables that name the first superuser of an installation nobody can look at.
const (
	superuserEmailVariable    = variablePrefix + "SUPERUSER_EMAIL"
	superuserPasswordVariable = variablePrefix + "SUPERUSER_PASSWORD"
)

// firstSuperuser makes the superuser that the environment names, if there is none at
// all. Later starts change nothing. It returns what was done, "" for nothing.
func firstSuperuser(ctx context.Context, app *core.App, lookup func(string) (string, bool)) (done string, err error) {
	email, named := lookup(superuserEmailVariable)
	password, known := lookup(superuserPasswordVariable)
	if !named && !known {
		return "", nil
	}
	if email == "" || password == "" {
		return "", errors.New(superuserEmailVariable + " and " + superuserPasswordVariable + " go together")
	}
	n, err := app.Records().Count(ctx, schema.Superusers)
	if err != nil || n > 0 {
		return "", err
	}
	done, err = createSuperuser(ctx, app, email, password)
	if err != nil {
		return "", fmt.Errorf("the superuser of %s: %w", superuserEmailVariable, err)
	}
	return done, nil
}
