package api

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

const backupHelp = `A backup is a zip of the database and the files of records. Backups are kept in the
folder "backups" of the data folder, or where the settings say.

A server makes and restores backups itself, while it runs: POST /api/backups. These
commands are for a folder that no server uses; only "list" works beside one. With --db
all of them do.`

func newBackupCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "backup",
		Short:   "Make, list and restore backups",
		Long:    backupHelp,
		Example: "  loam backup create\n  loam backup list\n  loam backup restore before-upgrade.zip",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBackupCreateCommand(app), newBackupListCommand(app), newBackupRestoreCommand(app))
	return cmd
}

func newBackupCreateCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "create [NAME]",
		Short:   "Make a backup",
		Long:    "Make a backup. Without NAME it is named after the app and the time.",
		Example: "  loam backup create\n  loam backup create before-upgrade.zip",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%s needs NAME, or nothing", cmd.CommandPath())
			}
			return nil
		},
		RunE: task(func(cmd *cobra.Command, args []string) error {
			if err := mustExist(app); err != nil {
				return err
			}
			return alone(cmd, app, func() (string, error) {
				key, err := app.Backups().Create(cmd.Context(), record.Root(), strings.Join(args, ""))
				return "Made the backup " + key + " of " + absolute(app) + ".", err
			})
		}),
	}
}

func newBackupListCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the backups, with their sizes in bytes and their times",
		Example: "  loam backup list",
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) (err error) {
			if err := mustExist(app); err != nil {
				return err
			}
			if err := open(cmd.Context(), app, core.Tool); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, app.Close()) }()
			list, err := app.Backups().List(cmd.Context(), record.Root())
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, b := range list {
				fmt.Fprintf(table, "%s\t%d\t%s\n", printable(b.Key), b.Size, b.Modified.UTC().Format("2006-01-02 15:04:05Z"))
			}
			return table.Flush()
		}),
	}
}

const backupRestoreHelp = `Put a backup in the place of the database and the files. BACKUP is the name of one in
the list, or the path of a file; a data folder that is not there yet is made. On an
error everything stays as it is.`

func newBackupRestoreCommand(app *core.App) *cobra.Command {
	return &cobra.Command{
		Use:     "restore BACKUP",
		Short:   "Restore a backup",
		Long:    backupRestoreHelp,
		Example: "  loam backup restore before-upgrade.zip\n  loam backup restore /mnt/disk/backup.zip --dir /var/lib/loam",
		Args:    named("BACKUP"),
		RunE: task(func(cmd *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				if err := mustExist(app); err != nil {
					return err
				}
				return alone(cmd, app, func() (string, error) {
					return restored(app, args[0], app.Backups().Restore(cmd.Context(), record.Root(), args[0]))
				})
			}
			if err != nil {
				return err
			}
			defer file.Close()
			return alone(cmd, app, func() (string, error) {
				return restored(app, args[0], app.Backups().RestoreFile(cmd.Context(), record.Root(), file))
			})
		}),
	}
}

func restored(app *core.App, name string, err error) (string, error) {
	return "Restored " + name + " in " + absolute(app) + ".", err
}

// alone runs work that must not run beside a server: it opens the app as core.Alone.
func alone(cmd *cobra.Command, app *core.App, do func() (string, error)) (err error) {
	if err := open(cmd.Context(), app, core.Alone); err != nil {
		return err
	}
	return closing(cmd, app, do)
}
