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
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/definition"
)

const schemaHelp = `Keep the collections as files, to be reviewed, compared and rolled out: one file of JSON
or YAML for each collection, in the folder DIR. With FILE a command is about the one
collection of that file.

A folder stands for all collections but those of the system: what has no file in it is
deleted by "apply". Secrets are not in files: those of an installation stay as they are.
These commands work beside a running server, and with --db.`

const schemaExample = `  loam schema export schema
  loam schema diff schema --exit-code
  loam schema plan schema
  loam schema apply schema --allow-destructive`

// exitChanges is the exit code of a command that has found changes, if the command was asked to
// report them so.
const exitChanges = 3

// changesError is the error for exitChanges.
type changesError struct{}

func (changesError) Error() string { return "the installation is not as the files say" }

func newSchemaCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		Short:   "Keep the collections as files",
		Long:    schemaHelp,
		Example: schemaExample,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSchemaExportCommand(app), newSchemaDiffCommand(app), newSchemaPlanCommand(app), newSchemaApplyCommand(app))
	return cmd
}

// schemaTask returns a command that opens the app for do. create allows a new installation, which
// is not made if the files are wrong.
func schemaTask(app *core.App, create bool, do func(cmd *cobra.Command, path string) error) func(*cobra.Command, []string) error {
	return task(func(cmd *cobra.Command, args []string) (err error) {
		if create {
			_, err = definition.Read(args[0])
		} else {
			err = mustExist(app)
		}
		if err != nil {
			return err
		}
		if err := open(cmd.Context(), app, core.Tool); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, app.Close()) }()
		return do(cmd, args[0])
	})
}

func newSchemaExportCommand(app *core.App) *cobra.Command {
	format := "json"
	cmd := &cobra.Command{
		Use:     "export FILE|DIR",
		Short:   "Write the collections to files",
		Long:    "Write the collections to files. Those of collections that are gone are removed. A FILE is\nof the collection that it is named after.",
		Example: "  loam schema export schema\n  loam schema export schema --format yaml\n  loam schema export posts.yaml",
		Args:    named("FILE or DIR"),
	}
	cmd.Flags().StringVar(&format, "format", format, "the format of the files in DIR: json or yaml")
	cmd.RunE = schemaTask(app, false, func(cmd *cobra.Command, path string) error {
		if format != "json" && format != "yaml" {
			return usagef("--format: %q is not one of json and yaml", format)
		}
		changed, err := exportSchema(app, path, definition.Format("."+format))
		for _, path := range changed {
			fmt.Fprintln(cmd.OutOrStdout(), path)
		}
		return err
	})
	return cmd
}

func exportSchema(app *core.App, path string, f definition.Format) (changed []string, err error) {
	single, ok := definition.FormatOf(path)
	if !ok {
		return definition.Write(path, definition.Own(app.Snapshot()), f)
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	c := app.Snapshot().Named(name)
	if c == nil {
		return nil, fmt.Errorf("there is no collection %s", printable(name))
	}
	written, err := definition.WriteFile(path, c, single)
	if written {
		changed = []string{path}
	}
	return changed, err
}

func newSchemaDiffCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "diff FILE|DIR",
		Short:   "Print what \"apply\" would change in the collections",
		Long:    "Print what \"apply\" would change in the collections, line by line. The change is made, and\nundone: other writers wait meanwhile.",
		Example: "  loam schema diff schema\n  loam schema diff schema --exit-code",
		Args:    named("FILE or DIR"),
	}
	exitCode := exitCodeFlag(cmd)
	cmd.RunE = schemaTask(app, false, func(cmd *cobra.Command, path string) error {
		change, err := tryChange(cmd.Context(), app, path, func(*schemaChange) error { return errUndo })
		if err != nil {
			return err
		}
		return report(cmd, *exitCode, change.diff, len(change.diff) > 0)
	})
	return cmd
}

func newSchemaPlanCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "plan FILE|DIR",
		Short:   "Print the steps of \"apply\", and what would be lost, as JSON",
		Long:    "Print what \"apply\" would do to the tables, and which values would be lost, as JSON: the\nanswer of POST /api/collections/meta/plan.",
		Example: "  loam schema plan schema\n  loam schema plan posts.json --exit-code",
		Args:    named("FILE or DIR"),
	}
	exitCode := exitCodeFlag(cmd)
	cmd.RunE = schemaTask(app, false, func(cmd *cobra.Command, path string) error {
		in, err := importOf(app, path)
		if err != nil {
			return err
		}
		body, err := json.Marshal(map[string]any{"import": in})
		if err != nil {
			return err
		}
		plan, err := app.Collections().Plan(cmd.Context(), record.Root(), body)
		if err != nil {
			return fmt.Errorf("cannot apply %s: %w", path, err)
		}
		change, err := tryChange(cmd.Context(), app, path, func(*schemaChange) error { return errUndo })
		if err != nil {
			return err
		}
		text, err := json.MarshalIndent(plan, "", "  ")
		if err != nil {
			return err
		}
		return report(cmd, *exitCode, append(text, '\n'), len(change.diff) > 0)
	})
	return cmd
}

func newSchemaApplyCommand(app *core.App) *cobra.Command {
	var destructive bool
	cmd := &cobra.Command{
		Use:   "apply FILE|DIR",
		Short: "Make the collections as the files say",
		Long: "Make the collections as the files say, all or nothing. What would delete a collection or a\n" +
			"field, or convert its values, needs --allow-destructive. A new data folder is made.",
		Example: "  loam schema apply schema\n  loam schema apply schema --allow-destructive\n  loam schema apply posts.json",
		Args:    named("FILE or DIR"),
	}
	cmd.Flags().BoolVar(&destructive, "allow-destructive", false, "delete and convert stored values, if the files say so")
	cmd.RunE = schemaTask(app, true, func(cmd *cobra.Command, path string) error {
		change, err := tryChange(cmd.Context(), app, path, func(c *schemaChange) error {
			if len(c.destructive) > 0 && !destructive {
				return fmt.Errorf("%s --allow-destructive is needed for that", strings.Join(c.destructive, " "))
			}
			return nil
		})
		if err != nil {
			return err
		}
		out := change.diff
		if len(out) == 0 {
			out = []byte("Nothing to change.\n")
		}
		_, err = cmd.OutOrStdout().Write(out)
		return err
	})
	return cmd
}

func exitCodeFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("exit-code", false, fmt.Sprintf("exit with %d if there are changes", exitChanges))
}

// report prints the text. If exitCode is set and there are changes, it returns changesError.
func report(cmd *cobra.Command, exitCode bool, text []byte, changes bool) error {
	if _, err := cmd.OutOrStdout().Write(text); err != nil {
		return err
	}
	if exitCode && changes {
		return changesError{}
	}
	return nil
}

// importOf returns the import that changes the collections to the definitions in the files at the
// path.
func importOf(app *core.App, path string) (*collection.Import, error) {
	files, err := definition.Read(path)
	if err != nil {
		return nil, err
	}
	in := &collection.Import{DeleteMissing: true, Convert: true}
	snapshot := app.Snapshot()
	alone := len(files) == 1
	for _, f := range files {
		in.Collections = append(in.Collections, f.JSON)
	}
	if _, single := definition.FormatOf(path); single && alone {
		return in, withOthers(in, snapshot, files[0])
	}
	return in, nil
}

// withOthers adds to the import all collections that a single file does not define, unchanged.
func withOthers(in *collection.Import, s *schema.Snapshot, f definition.File) error {
	var head struct{ ID string }
	if err := json.Unmarshal(f.JSON, &head); err != nil {
		return err
	}
	own := s.ByID(head.ID)
	if own == nil {
		own = s.Named(f.Name)
	}
	for _, c := range definition.Own(s) {
		if c == own {
			continue
		}
		text, err := definition.Text(c, definition.JSON)
		if err != nil {
			return err
		}
		in.Collections = append(in.Collections, text)
	}
	return nil
}

// schemaChange is a change of the collections within a transaction.
type schemaChange struct {
	diff        []byte
	destructive []string
}

// errUndo rolls back a change that was made only to show it.
var errUndo = errors.New("undo")

// tryChange changes the collections to the definitions in the files at the path, and calls keep
// with the change. An error of keep rolls the change back; errUndo does so without being returned.
func tryChange(ctx context.Context, app *core.App, path string, keep func(*schemaChange) error) (change *schemaChange, err error) {
	in, err := importOf(app, path)
	if err != nil {
		return nil, err
	}
	err = app.Transaction(ctx, func(tx *core.Tx) error {
		before := tx.Collections.Snapshot()
		if err := tx.Collections.Import(tx.Context, record.Root(), in); err != nil {
			return fmt.Errorf("cannot apply %s: %w", path, err)
		}
		after := tx.Collections.Snapshot()
		text, err := definition.Diff(before, after)
		if err != nil {
			return err
		}
		change = &schemaChange{diff: text, destructive: definition.Destructive(before, after)}
		return keep(change)
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, err
	}
	return change, nil
}
