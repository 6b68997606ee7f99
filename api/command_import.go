package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/pocketbase"
)

func newImportCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Move an installation of another server over",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportPocketBaseCommand(app))
	return cmd
}

const importPocketBaseHelp = `Move an installation of PocketBase 0.23 or later over. SOURCE is its data folder,
pb_data usually; nothing is written into it. Stop its server first.

Everything that clients know stays the same: ids, rules, files, passwords, and the
tokens that were handed out. --dir must be empty or not there, a database of --db
new. What was adjusted is in the file import-report.txt of the new folder. If the
import fails or is interrupted, nothing of it is left.

If the server was started with --encryptionEnv NAME, say --encryption-env NAME and
set the same variable.`

const importPocketBaseExample = `  loam import pocketbase ./pb_data
  loam import pocketbase /srv/app/pb_data --dir /var/lib/loam
  loam import pocketbase ./pb_data --db postgres://loam@localhost/loam
  PB_KEY=… loam import pocketbase ./pb_data --encryption-env PB_KEY`

func newImportPocketBaseCommand(app *core.App) *cobra.Command {
	var variable string
	cmd := &cobra.Command{
		Use:     "pocketbase SOURCE",
		Short:   "Move an installation of PocketBase over",
		Long:    importPocketBaseHelp,
		Example: importPocketBaseExample,
		Args:    named("SOURCE"),
		RunE: task(func(cmd *cobra.Command, args []string) error {
			return importPocketBase(cmd, app, args[0], variable)
		}),
	}
	cmd.Flags().StringVar(&variable, "encryption-env", "", "the name of the environment variable with the key of the settings")
	return cmd
}

func importPocketBase(cmd *cobra.Command, app *core.App, source, variable string) error {
	key := ""
	if variable != "" {
		if key = os.Getenv(variable); key == "" {
			return fmt.Errorf("the environment variable %s is not set", variable)
		}
	}
	progress := newProgress(cmd.ErrOrStderr())
	report, err := pocketbase.Import(cmd.Context(), pocketbase.Config{Source: source, App: app.Config, Key: key, Progress: progress.step})
	progress.end()
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("the import of %s was interrupted; nothing of it is left", source)
	}
	if err != nil {
		return fmt.Errorf("cannot import %s: %w", source, err)
	}
	adjusted, kept, left := report.Count()
	_, err = fmt.Fprintf(cmd.OutOrStdout(), `Imported %s into %s: %s.
%d adjusted, %d kept though they are odd, %d not carried over: read %s.
`, source, place(app), report.Summary(), adjusted, kept, left, filepath.Join(app.Config.Dir, pocketbase.ReportFile))
	return err
}

// progress shows the progress of a long command: on a terminal in one line that changes, else in a
// line for each finished step.
type progress struct {
	w        io.Writer
	terminal bool
	shown    time.Time
	open     bool // the line has not ended
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// refresh is the interval between two changes of the line.
const refresh = 100 * time.Millisecond

func (p *progress) step(name string, done, total int64) {
	over := done >= total
	switch {
	case !p.terminal:
		if over {
			fmt.Fprintf(p.w, "%s: %d\n", printable(name), done)
		}
	case over || time.Since(p.shown) >= refresh:
		p.shown = time.Now()
		fmt.Fprintf(p.w, "\r\x1b[K%s: %d of %d", printable(name), done, total)
		p.open = true
		if over {
			p.end()
		}
	}
}

// end ends the line.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}

// printable escapes the control characters of a name from a foreign source, for a terminal.
func printable(name string) string {
	quoted := fmt.Sprintf("%q", name)
	return quoted[1 : len(quoted)-1]
}
