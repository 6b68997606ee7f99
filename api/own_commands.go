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

// addCommands adds the commands of the program, whose errors are theirs.
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

// ownErrors makes what a command of the program returns no error of its usage. prepare
// reads the flags that all commands have, which cobra leaves out for a command with a
// PersistentPreRun of its own.
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
		if withError != nil { // as cobra does, it goes before the one without an error
			return task(withError)(cmd, args)
		}
		without(cmd, args)
		return nil
	}
}

// isLoam reports whether the process is the command of this module. A program around
// it has releases of its own.
func isLoam() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && info.Main.Path == "github.com/loambase/loam"
}

// rename puts the name of the program, and the prefix of its variables, into the help of a command of ours.
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

// setDefaults gives flags of the command, and of those below it, other default values.
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

// setDefault sets the value of a flag. Values of the command line are not added to a
// list: they take its place.
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
