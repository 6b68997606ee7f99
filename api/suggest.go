package api

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
	best, nearest := "", 3
	for _, k := range slices.Sorted(slices.Values(known)) {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d < nearest && d < len(k)/2+1 {
			best, nearest = k, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + prefix + best + "?)"
}

// distance returns the edit distance of two words: the number of letters to insert, delete,
// replace or swap with their neighbour (optimal string alignment).
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
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
