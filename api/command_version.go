package api

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/internal/version"
)

func newVersionCommand(p *Program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and of a release its commit, date and system",
		Example: "  loam version",
		Args:    noArguments,
		RunE: task(func(cmd *cobra.Command, _ []string) error {
			text := p.name() + " " + p.version()
			if build := version.Build(); build != "" {
				text += " (" + build + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")"
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		}),
	}
}
