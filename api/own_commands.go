package api

import (
	"encoding/csv"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// addCommands adds the commands of the program to root. A command with the name of one of
// Loam's replaces it.
func (p *Program) addCommands(root *cobra.Command) {
	for _, cmd := range p.Commands {
		for _, other := range root.Commands() {
			if other.Name() == cmd.Name() {
				root.RemoveCommand(other)
			}
		}
		root.AddCommand(cmd)
		visit(cmd, func(c *cobra.Command) { ownErrors(c, root.PersistentPreRunE) })
	}
}

// ownErrors wraps the functions of a command of the program with task, so that their errors
// lead to exitFailed. prepare reads the flags that all commands have; cobra does not call it
// for a command that has its own PersistentPreRun, so the wrapped function does.
func ownErrors(c *cobra.Command, prepare func(*cobra.Command, []string) error) {
	for _, fn := range []*func(*cobra.Command, []string) error{&c.PreRunE, &c.RunE, &c.PostRunE, &c.PersistentPostRunE} {
		if *fn != nil {
			*fn = task(*fn)
		}
	}
	withError, without := c.PersistentPreRunE, c.PersistentPreRun
	if withError == nil && without == nil {
		return
	}
	c.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := prepare(cmd, args); err != nil {
			return err
		}
		if withError != nil { // cobra prefers PersistentPreRunE to PersistentPreRun too
			return task(withError)(cmd, args)
		}
		without(cmd, args)
		return nil
	}
}

// isLoam reports whether the process is the command of this module. A program that embeds
// Loam has its own releases, so "update" would be wrong in it.
func isLoam() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && info.Main.Path == "github.com/loambase/loam"
}

// rename replaces "loam" and "LOAM_" in the help of one of Loam's commands by the name of the
// program and the prefix of its variables.
func (p *Program) rename(c *cobra.Command) {
	if p.name() != loamName {
		lines := strings.Split(c.Example, "\n")
		for i, line := range lines {
			for _, before := range []string{" ", "|", "\""} {
				line = strings.ReplaceAll(line, before+loamName+" ", before+p.name()+" ")
			}
			lines[i] = line
		}
		c.Example = strings.Join(lines, "\n")
		c.Long = strings.ReplaceAll(c.Long, "\""+loamName+" ", "\""+p.name()+" ")
	}
	c.Example = strings.ReplaceAll(c.Example, "LOAM_", p.prefix())
	c.Long = strings.ReplaceAll(c.Long, "LOAM_", p.prefix())
}

// setDefaults gives flags of root, and of all commands below it, other default values. A name
// that is not a flag of any command, and a value that its flag does not take, are errors.
func setDefaults(root *cobra.Command, defaults map[string]string) error {
	unknown := map[string]bool{}
	for name := range defaults {
		unknown[name] = true
	}
	var wrong error
	visit(root, func(c *cobra.Command) {
		for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) {
				value, ok := defaults[f.Name]
				if !ok || wrong != nil {
					return
				}
				delete(unknown, f.Name)
				if err := setDefault(f, value); err != nil {
					wrong = fmt.Errorf("default %q of --%s: %w", value, f.Name, err)
				}
			})
		}
	})
	if wrong != nil {
		return wrong
	}
	names := []string{}
	for name := range unknown {
		names = append(names, "--"+name)
	}
	if len(names) > 0 {
		slices.Sort(names)
		return fmt.Errorf("a default is set of %s, which is no flag of any command", strings.Join(names, ", "))
	}
	return nil
}

// setDefault sets the default value of a flag. Values of a list on the command line replace the
// default list.
func setDefault(f *pflag.Flag, value string) error {
	f.DefValue = value
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values, err := csv.NewReader(strings.NewReader(value)).Read()
		if err != nil {
			return err
		}
		f.DefValue = "[" + value + "]"
		return list.Replace(values)
	}
	return f.Value.Set(value)
}
