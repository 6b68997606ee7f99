package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes of the command line.
const (
	exitOK     = 0
	exitFailed = 1 // the command was understood, and has failed
	exitUsage  = 2 // the arguments or flags are not valid
)

// run is Main with the arguments and the outputs of the process as parameters.
func (p *Program) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand(p, stderr)
	if err := setDefaults(root, p.Defaults); err != nil {
		fmt.Fprintln(stderr, p.name()+": "+describe(err))
		return exitFailed
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, p.name()+": "+describe(err))
	if errors.As(err, &changesError{}) {
		return exitChanges
	}
	var done *doneError
	if errors.As(err, &done) {
		return exitFailed
	}
	fmt.Fprintf(stderr, "Run \"%s --help\" for usage.\n", cmd.CommandPath())
	return exitUsage
}

// doneError is the failure of a command whose arguments were valid.
type doneError struct{ err error }

func (e *doneError) Error() string { return e.err.Error() }
func (e *doneError) Unwrap() error { return e.err }

// task makes the RunE of a command from fn. Errors of fn lead to exitFailed; only a usageError
// leads to exitUsage.
func task(fn func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := fn(cmd, args)
		var usage *usageError
		if err == nil || errors.As(err, &usage) {
			return err
		}
		return &doneError{err}
	}
}

const rootHelp = `Loam is a backend in one binary: collections with rules, records, files and
sign-in over REST, kept in an embedded database in one folder.`

const environmentHelp = `

Every flag may also be set in the environment: --dir is %[1]sDIR, --http is
%[1]sHTTP, and so on. A flag on the command line wins.`

const rootExample = `  loam serve
  loam serve --http 0.0.0.0:8080 --dir /var/lib/loam
  loam superuser upsert me@example.com`

func newRootCommand(p *Program, stderr io.Writer) *cobra.Command {
	app := p.App
	var debug bool
	var settingsKey string // the name of a variable
	root := &cobra.Command{
		Use:           p.name(),
		Short:         cmp.Or(p.Short, "A backend in one binary"),
		Long:          cmp.Or(p.Long, p.Short, rootHelp) + fmt.Sprintf(environmentHelp, p.prefix()),
		Example:       rootExample,
		Version:       p.version(),
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), p.prefix(), os.LookupEnv); err != nil {
				return err
			}
			app.Config.Log = newLog(stderr, debug)
			if settingsKey != "" {
				if app.Config.SettingsKey = os.Getenv(settingsKey); app.Config.SettingsKey == "" {
					return fmt.Errorf("--settings-key-env: the environment variable %s is not set", settingsKey)
				}
			}
			for _, name := range unknownVariables(cmd.Root(), p.prefix(), os.Environ()) {
				fmt.Fprintln(stderr, p.name()+": no command has a flag for the environment variable "+name)
			}
			if app.Config.Dir == "" {
				return usagef("--dir is empty")
			}
			return nil
		},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(unknownFlag)
	root.PersistentFlags().StringVar(&app.Config.Dir, "dir", app.Config.Dir, "the data folder")
	root.PersistentFlags().StringVar(&app.Config.DB, "db", app.Config.DB, "a PostgreSQL database, postgres://…, instead of SQLite in the data folder")
	root.PersistentFlags().Lookup("db").DefValue = "" // a password may be in it
	root.PersistentFlags().StringVar(&settingsKey, "settings-key-env", "", "the name of the environment variable with the key, 32 bytes, that encrypts the settings")
	root.PersistentFlags().BoolVar(&debug, "debug", false, "log every request and more")
	root.AddCommand(newServeCommand(p), newSuperuserCommand(app), newBackupCommand(app), newSettingsCommand(app),
		newImportCommand(app), newSchemaCommand(app), newGenerateCommand(app), newHealthCommand(), newVersionCommand(p))
	if p.MigrationsDir != "" || len(app.Config.Migrations) > 0 {
		root.AddCommand(newMigrateCommand(p))
	}
	if isLoam() {
		root.AddCommand(newUpdateCommand(app))
	}
	visit(root, p.rename)
	p.addCommands(root)
	return root
}

// fromEnvironment sets the flags that the command line does not set from environment variables
// of the same name: with the prefix LOAM_, --some-flag is LOAM_SOME_FLAG.
func fromEnvironment(flags *pflag.FlagSet, prefix string, lookup func(string) (string, bool)) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(prefix, f.Name)
		value, ok := lookup(name)
		if f.Changed || !ok || f.Name == "help" || err != nil {
			return
		}
		if wrong := f.Value.Set(value); wrong != nil {
			err = fmt.Errorf("invalid value %q of %s: %w", value, name, wrong)
		}
		f.Changed = true
	})
	return err
}

func newLog(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// describe returns the text of an error in one line, without the dot at its end. The text of a
// fault names the fields that are wrong.
func describe(err error) string {
	return strings.TrimSuffix(strings.Join(strings.Fields(err.Error()), " "), ".")
}
