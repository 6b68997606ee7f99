package api

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/internal/migrationfile"
)

const migrateHelp = `Run and undo the migrations of the program, and write new ones as Go source. They run by
themselves when the server starts; each once on a database, however many servers it has.
These commands work beside a running server, and with --db.`

const migrateExample = `  loam migrate list
  loam migrate up
  loam migrate down 2
  loam migrate create add_stars
  loam migrate collections
  loam migrate history-sync`

// newMigrateCommand returns the command "migrate", for a program that has migrations or a
// MigrationsDir.
func newMigrateCommand(p *Program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Run, undo and write migrations", Long: migrateHelp, Example: migrateExample,
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	sub := func(use, short string, args cobra.PositionalArgs, do func(cmd *cobra.Command, args []string) error) {
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Args: args, RunE: p.withApp(do)})
	}
	sub("list", "Print the migrations, and when each has run", noArguments, func(cmd *cobra.Command, _ []string) error {
		return listMigrations(cmd, p.App)
	})
	sub("up", "Run the migrations that have not run yet", noArguments, func(cmd *cobra.Command, _ []string) error {
		ran, err := p.App.MigrateUp(cmd.Context())
		return said(cmd, ran, "There is nothing to run.", err)
	})
	sub("down [N]", "Undo the last N migrations; default 1", cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		n := 1
		if len(args) > 0 {
			var err error
			if n, err = strconv.Atoi(args[0]); err != nil || n < 1 {
				return usagef("%q is no number of migrations", args[0])
			}
		}
		undone, err := p.App.MigrateDown(cmd.Context(), n)
		return said(cmd, undone, "There is nothing to undo.", err)
	})
	cmd.AddCommand(&cobra.Command{
		Use: "create NAME", Short: "Write an empty migration", Args: named("NAME"), // this command needs no database
		RunE: task(func(cmd *cobra.Command, args []string) error {
			_, err := p.writeMigration(cmd, migrationfile.Blank(args[0]))
			return err
		}),
	})
	sub("collections", "Write a migration that makes all collections as they are", noArguments, func(cmd *cobra.Command, _ []string) error {
		step, err := migrationfile.Snapshot(p.App.Snapshot())
		if err != nil {
			return err
		}
		name, err := p.writeMigration(cmd, step)
		if err != nil {
			return err
		}
		return p.App.MarkMigrations(cmd.Context(), name)
	})
	sub("history-sync", "Forget that migrations have run which the program does not have any more", noArguments, func(cmd *cobra.Command, _ []string) error {
		forgotten, err := p.App.ForgetMigrations(cmd.Context())
		return said(cmd, forgotten, "There is nothing to forget.", err)
	})
	return cmd
}

// withApp makes a command that opens the App in the mode core.Tool, beside a running server,
// calls do and closes the App.
func (p *Program) withApp(do func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return task(func(cmd *cobra.Command, args []string) (err error) {
		if err := open(cmd.Context(), p.App, core.Tool); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.App.Close()) }()
		return do(cmd, args)
	})
}

// said prints the names, one a line, or the sentence nothing if there are none. It returns err.
func said(cmd *cobra.Command, names []string, nothing string, err error) error {
	for _, name := range names {
		fmt.Fprintln(cmd.OutOrStdout(), name)
	}
	if len(names) == 0 && err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), nothing)
	}
	return err
}

func listMigrations(cmd *cobra.Command, app *core.App) error {
	list, err := app.Migrations(cmd.Context())
	if err != nil {
		return err
	}
	for _, m := range list {
		state := "has not run"
		if !m.Applied.IsZero() {
			state = m.Applied.Format(time.DateTime)
		}
		if !m.Known {
			state += ", not in the program"
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", m.Name, state)
	}
	return nil
}

// writeMigration writes a step into a new file of MigrationsDir, and prints the path of the
// file. It returns the name of the migration.
func (p *Program) writeMigration(cmd *cobra.Command, step migrationfile.Step) (name string, err error) {
	if p.MigrationsDir == "" {
		return "", errors.New("the program does not say where its migrations are: set api.Program.MigrationsDir")
	}
	name, path, err := migrationfile.Write(p.MigrationsDir, step, p.App.Now())
	if err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), path)
	}
	return name, err
}
