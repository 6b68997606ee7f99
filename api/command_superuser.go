package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const superuserHelp = `Superusers may do everything: define collections, change settings, and read and
write every record. These commands also work while a server uses the folder.`

func newSuperuserCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "superuser",
		Short:   "Manage superusers",
		Long:    superuserHelp,
		Example: "  loam superuser upsert me@example.com\n  loam superuser list",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		superuserTask(app, "upsert", "Create a superuser, or give it a new password", upsertSuperuser),
		superuserTask(app, "create", "Create a superuser", createSuperuser),
		superuserTask(app, "update", "Give a superuser a new password", updateSuperuser),
		newSuperuserListCommand(app),
		newSuperuserDeleteCommand(app),
		newSuperuserOTPCommand(app),
		newSuperuserIPsCommand(app),
	)
	return cmd
}

const passwordHelp = `Without PASSWORD it is asked for, or read from the first line of standard input if
that is no terminal: others on this machine can see the arguments of a command.`

// superuserTask returns a command on an email address and a password. done is a sentence about the
// result.
func superuserTask(app *core.App, name, short string, do func(context.Context, *core.App, string, string) (done string, err error)) *cobra.Command {
	return &cobra.Command{
		Use:     name + " EMAIL [PASSWORD]",
		Short:   short,
		Long:    short + ".\n\n" + passwordHelp,
		Example: "  loam superuser " + name + " me@example.com\n  loam superuser " + name + " me@example.com < password-file",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) == 2 {
				return nil
			}
			return usagef("%s needs EMAIL, and PASSWORD unless standard input has it", cmd.CommandPath())
		},
		RunE: task(func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
				if err != nil {
					return err
				}
				args = append(args, password)
			}
			return beside(cmd, app, func() (string, error) { return do(cmd.Context(), app, args[0], args[1]) })
		}),
	}
}

func newSuperuserDeleteCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "delete EMAIL",
		Short:   "Delete a superuser",
		Example: "  loam superuser delete me@example.com",
		Args:    named("EMAIL"),
		RunE: task(func(cmd *cobra.Command, args []string) error {
			if err := mustExist(app); err != nil {
				return err
			}
			return beside(cmd, app, func() (string, error) { return deleteSuperuser(cmd.Context(), app, args[0]) })
		}),
	}
}

const superuserIPsHelp = `Set the addresses and networks from which superusers may come, or with none let
them come from everywhere again. It is the way back in for who has locked out all
superusers by the setting superuserIPs.`

func newSuperuserIPsCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "ips [IP...]",
		Short:   "Set from where superusers may come",
		Long:    superuserIPsHelp,
		Example: "  loam superuser ips 127.0.0.1 10.0.0.0/8\n  loam superuser ips",
		RunE: task(func(cmd *cobra.Command, args []string) error {
			if err := mustExist(app); err != nil {
				return err
			}
			return beside(cmd, app, func() (string, error) { return restrictSuperusers(cmd.Context(), app, args) })
		}),
	}
}

// named demands an argument for each name.
func named(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("%s needs %s, and nothing else", cmd.CommandPath(), strings.Join(names, " and "))
		}
		return nil
	}
}

// beside opens the app in a mode that allows a running server, does the work, and prints the
// result, and whether a new data folder was made.
func beside(cmd *cobra.Command, app *core.App, do func() (string, error)) (err error) {
	made := mustExist(app) != nil
	if err := open(cmd.Context(), app, core.Tool); err != nil {
		return err
	}
	return closing(cmd, app, func() (string, error) {
		done, err := do()
		if made {
			done += " This data folder is new."
		}
		return done, err
	})
}

// closing does the work, prints the result, and closes the app.
func closing(cmd *cobra.Command, app *core.App, do func() (string, error)) (err error) {
	defer func() { err = errors.Join(err, app.Close()) }()
	done, err := do()
	if err == nil {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), done)
	}
	return err
}

// absolute returns the full form of place: a command that ran in the wrong folder has made a new
// installation there.
func absolute(app *core.App) string {
	dir, err := filepath.Abs(app.Config.Dir)
	if err != nil {
		return place(app)
	}
	return strings.TrimSuffix(place(app), app.Config.Dir) + dir
}

func upsertSuperuser(ctx context.Context, app *core.App, email, password string) (string, error) {
	_, err := app.Records().FindUnique(ctx, schema.Superusers, "email", email)
	if fault.KindOf(err) == fault.NotFound {
		return createSuperuser(ctx, app, email, password)
	}
	return updateSuperuser(ctx, app, email, password)
}

func createSuperuser(ctx context.Context, app *core.App, email, password string) (string, error) {
	body := credentials(password)
	body["email"] = email
	_, err := app.Records().Create(ctx, record.Root(), schema.Superusers, record.Input{Body: body})
	return "Created the superuser " + email + " in " + absolute(app) + ".", err
}

func updateSuperuser(ctx context.Context, app *core.App, email, password string) (string, error) {
	found, err := findSuperuser(ctx, app, email)
	if err != nil {
		return "", err
	}
	in := record.Input{Body: credentials(password)}
	_, err = app.Records().Update(ctx, record.Root(), schema.Superusers, found.ID(), in)
	return "Updated the superuser " + email + " in " + absolute(app) + ".", err
}

func deleteSuperuser(ctx context.Context, app *core.App, email string) (string, error) {
	found, err := findSuperuser(ctx, app, email)
	if err != nil {
		return "", err
	}
	err = app.Records().Delete(ctx, record.Root(), schema.Superusers, found.ID())
	return "Deleted the superuser " + email + " in " + absolute(app) + ".", err
}

func restrictSuperusers(ctx context.Context, app *core.App, ips []string) (string, error) {
	patch, err := json.Marshal(map[string][]string{"superuserIPs": append([]string{}, ips...)})
	if err != nil {
		return "", err
	}
	if _, err := app.Settings().Patch(ctx, record.Root(), patch); err != nil {
		return "", err
	}
	if len(ips) == 0 {
		return "Superusers of " + absolute(app) + " may come from everywhere.", nil
	}
	return "Superusers of " + absolute(app) + " may come from " + strings.Join(ips, ", ") + ".", nil
}

func findSuperuser(ctx context.Context, app *core.App, email string) (*record.Record, error) {
	found, err := app.Records().FindUnique(ctx, schema.Superusers, "email", email)
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "There is no superuser "+email+".")
	}
	return found, err
}

func credentials(password string) map[string]any {
	return map[string]any{"password": password, "passwordConfirm": password}
}
