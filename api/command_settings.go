package api

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/core"
)

func newSettingsCommand(app *core.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "settings",
		Short:   "Change how the settings are stored",
		Example: "  loam settings rekey --settings-key-env OLD_KEY --to-key-env NEW_KEY",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRekeyCommand(app))
	return cmd
}

const rekeyHelp = `Store the settings and the secrets of collections with another key, or in plain text.
--settings-key-env names the key that they were stored with. Stop every server that uses
the data first, and start it with the new key. Backups that were made before still need
the key of their time.`

func newRekeyCommand(app *core.App) *cobra.Command {
	var name string
	var plain bool
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Change the key that encrypts the settings",
		Long:  rekeyHelp,
		Example: "  loam settings rekey --settings-key-env OLD_KEY --to-key-env NEW_KEY\n" +
			"  loam settings rekey --settings-key-env OLD_KEY --to-plain",
		Args: noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			if (name == "") != plain {
				return usagef("%s needs either --to-key-env or --to-plain", cmd.CommandPath())
			}
			key := os.Getenv(name)
			if key == "" && !plain {
				return fmt.Errorf("--to-key-env: the environment variable %s is not set", name)
			}
			if err := mustExist(app); err != nil {
				return err
			}
			return alone(cmd, app, func() (string, error) {
				how := "with the key in " + name
				if plain {
					how = "in plain text"
				}
				return "The settings in " + absolute(app) + " are stored " + how + ".", app.Rekey(cmd.Context(), key)
			})
		}),
	}
	cmd.Flags().StringVar(&name, "to-key-env", "", "the name of the environment variable with the new key, 32 bytes")
	cmd.Flags().BoolVar(&plain, "to-plain", false, "store the settings without a key from now on")
	return cmd
}
