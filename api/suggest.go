package api

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loambase/loam/internal/suggest"
)

// noArguments is cobra.NoArgs, but its error suggests the sub-command that was probably meant.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasSubCommands() {
		return usagef("%s takes no arguments: %s", cmd.CommandPath(), strings.Join(args, " "))
	}
	names := []string{}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), didYouMean(args[0], names, ""))
}

// unknownFlag adds the flag that was probably meant to the error of an unknown flag.
func unknownFlag(cmd *cobra.Command, err error) error {
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	names := []string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return usagef("unknown flag: --%s%s", name, didYouMean(name, names, "--"))
}

// didYouMean returns a suggestion with the known word nearest to word, "" if no known word is
// near enough to be a typing error.
func didYouMean(word string, known []string, prefix string) string {
	best := suggest.Nearest(word, known)
	if best == "" {
		return ""
	}
	return " (did you mean " + prefix + best + "?)"
}

// variable returns the name of the environment variable for a flag, or for another name of the
// same form.
func variable(prefix, flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// unknownVariables returns the environment variables that have the prefix but belong to no flag
// of any command, each with a suggestion: most of them are typing errors.
func unknownVariables(root *cobra.Command, prefix string, environment []string) (warnings []string) {
	known := map[string]bool{variable(prefix, superuserEmail): true, variable(prefix, superuserPassword): true}
	visit(root, func(cmd *cobra.Command) {
		for _, flags := range []*pflag.FlagSet{cmd.LocalFlags(), cmd.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) { known[variable(prefix, f.Name)] = true })
		}
	})
	names := []string{}
	for name := range known {
		names = append(names, strings.TrimPrefix(name, prefix))
	}
	for _, line := range environment {
		name, _, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, prefix) && !known[name] {
			warnings = append(warnings, name+didYouMean(name[len(prefix):], names, prefix))
		}
	}
	slices.Sort(warnings)
	return warnings
}

func visit(cmd *cobra.Command, fn func(*cobra.Command)) {
	fn(cmd)
	for _, sub := range cmd.Commands() {
		visit(sub, fn)
	}
}
