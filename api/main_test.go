package api

import (
	"errors"
	"fmt"
	"testing"

	"github.com/spf13/pflag"

	"github.com/loambase/loam/core/fault"
)

func TestDescribe(t *testing.T) {
	fields := fault.Fields{}
	fields.Set(fault.Leaf("c", "Cannot be blank"), "email")
	fields.Set(fault.Leaf("c", "Too short"), "options", "name")
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("plain"), "plain"},
		{errors.New("several\n  lines"), "several lines"},
		{fault.New(fault.Invalid, "It failed."), "It failed"},
		{fmt.Errorf("wrapped: %w", fault.Invalidate("It failed.", fields)), "wrapped: It failed; email: Cannot be blank; options.name: Too short"},
		{fault.New(fault.TooMany, ""), "too many"},
	} {
		if got := describe(test.err); got != test.want {
			t.Errorf("describe(%v) = %q, want %q", test.err, got, test.want)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{"LOAM_SOME_FLAG": "env", "LOAM_GIVEN": "env", "LOAM_LIST": "a,b", "LOAM_HELP": "true"}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
	some, given := flags.String("some-flag", "", ""), flags.String("given", "", "")
	list, help, n := flags.StringSlice("list", nil, ""), flags.Bool("help", false, ""), flags.Int("n", 1, "")
	if err := flags.Parse([]string{"--given", "line"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(flags, "LOAM_", lookup); err != nil {
		t.Fatal(err)
	}
	if *some != "env" || *given != "line" || fmt.Sprint(*list) != "[a b]" || *help || *n != 1 {
		t.Errorf("flags are %q, %q, %v, %t, %d", *some, *given, *list, *help, *n)
	}
	env["LOAM_N"] = "many"
	if err := fromEnvironment(flags, "LOAM_", lookup); err == nil {
		t.Error("a number of \"many\" is no error")
	}
}
