package api

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api/internal/update"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

const updateHelp = `Put the binary of a newer release in the place of this one. FROM is an archive of the
release, a file or a URL, with the file SHA256SUMS beside it. Stop the server first.

Before anything is replaced, the checksum, the system and the order of the versions are
checked, the new binary is run to tell its version, and a backup of the installation in
--dir is made, if there is one. The old binary is kept for --rollback; what a newer
version has written, an older one may not read: restore the backup then.`

const updateExample = `  loam update --from loam_0.2.0_linux_amd64.tar.gz
  loam update --from https://example.com/releases/loam_0.2.0_linux_amd64.tar.gz
  loam update --rollback`

func newUpdateCommand(app *core.App) *cobra.Command {
	var from string
	var rollback bool
	cmd := &cobra.Command{
		Use:     "update",
		Short:   "Replace this binary by a newer one",
		Long:    updateHelp,
		Example: updateExample,
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			if (from != "") == rollback {
				return usagef("either --from or --rollback is needed")
			}
			path, err := update.Binary()
			if err != nil {
				return err
			}
			if rollback {
				if err := update.Rollback(path); err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "The old binary is back at "+path+".")
				return err
			}
			return updateBinary(cmd, app, from, path)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "the archive of a release: a file, or a URL of https")
	cmd.Flags().BoolVar(&rollback, "rollback", false, "put back the binary that the last update has replaced")
	return cmd
}

func updateBinary(cmd *cobra.Command, app *core.App, from, path string) error {
	archive, err := update.Fetch(cmd.Context(), from, core.Version)
	if err != nil {
		return err
	}
	defer archive.Close()
	if err := archive.Prepare(cmd.Context(), path); err != nil {
		return err
	}
	if mustExist(app) == nil {
		if err := backUp(cmd, app); err != nil {
			return fmt.Errorf("no backup could be made, so nothing was replaced: %w", err)
		}
	}
	if err := update.Install(path); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s now; %s update --rollback undoes that.\n", path, archive.Version, cmd.Root().Name())
	return err
}

// backUp makes a backup of the installation, and prints its name.
func backUp(cmd *cobra.Command, app *core.App) (err error) {
	return alone(cmd, app, func() (string, error) {
		key, err := app.Backups().Create(cmd.Context(), record.Root(), "")
		return "Made the backup " + key + " of " + absolute(app) + ".", err
	})
}
