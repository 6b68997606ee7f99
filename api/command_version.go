package api

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newVersionCommand(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  loam version",
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), p.name()+" "+p.version())
			return err
		}),
	}
}
