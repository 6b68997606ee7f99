package api

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/api/internal/shape/typed"
	"github.com/loambase/loam/core"
)

func newGenerateCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make source files from the collections",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGenerateTypesCommand(app))
	return cmd
}

const generateTypesHelp = `Print the types of records for a client: what it reads, and what it may write. The same
collections give the same text. It works beside a running server.

Without --superuser the types are those of everybody but superusers: without hidden
fields, and without collections that have no rule for any operation.`

func newGenerateTypesCommand(app *core.App) *cobra.Command {
	var language, out string
	var superuser bool
	cmd := &cobra.Command{
		Use:     "types",
		Short:   "Print the types of records for a client",
		Long:    generateTypesHelp,
		Example: "  loam generate types --lang ts\n  loam generate types --lang ts --out src/types.ts",
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) (err error) {
			l := typed.Find(language)
			if l == nil {
				return usagef("--lang: %q is not one of %s", language, strings.Join(languageNames(), ", "))
			}
			if err := mustExist(app); err != nil {
				return err
			}
			if err := open(cmd.Context(), app, core.Tool); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, app.Close()) }()
			text := l.Write(shape.Of(app.Snapshot(), superuser))
			if out == "" {
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			if err := os.WriteFile(out, text, 0o644); err != nil {
				return fmt.Errorf("write the types: %w", err)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&language, "lang", "ts", "the language: "+strings.Join(languageNames(), ", "))
	cmd.Flags().StringVar(&out, "out", "", "the file to write; empty for the standard output")
	cmd.Flags().BoolVar(&superuser, "superuser", false, "the types of superusers, with hidden fields and all collections")
	return cmd
}

func languageNames() (names []string) {
	for _, l := range typed.Languages() {
		names = append(names, l.Name())
	}
	return names
}
