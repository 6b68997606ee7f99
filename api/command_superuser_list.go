package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

func newSuperuserListCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the superusers",
		Example: "  loam superuser list",
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			if err := mustExist(app); err != nil {
				return err
			}
			return beside(cmd, app, func() (string, error) {
				fmt.Fprintf(cmd.ErrOrStderr(), "Superusers of %s:\n", absolute(app)) // standard output is for programs
				return listSuperusers(cmd.Context(), app)
			})
		}),
	}
}

// listSuperusers returns the e-mail addresses of all superusers, a line for each.
func listSuperusers(ctx context.Context, app *core.App) (string, error) {
	lines := []string{}
	for page := 1; ; page++ {
		found, err := app.Records().List(ctx, record.Root(), schema.Superusers,
			record.ListParams{Sort: "email,id", Page: page, PerPage: 1000, SkipTotal: true})
		if err != nil {
			return "", err
		}
		var accounts []struct{ Email string }
		if err := json.Unmarshal(found.Items, &accounts); err != nil {
			return "", err
		}
		for _, account := range accounts {
			if account.Email != schema.InstallerEmail {
				lines = append(lines, printable(account.Email))
			}
		}
		if len(accounts) < found.PerPage {
			break
		}
	}
	if len(lines) == 0 {
		return "There is no superuser in " + absolute(app) + ".", nil
	}
	return strings.Join(lines, "\n"), nil
}
