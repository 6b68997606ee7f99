package settings

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	list := Channels{{Pattern: "room:*:talk"}, {Pattern: "room:**"}, {Pattern: "lobby"}, {Pattern: "*"}}
	for name, want := range map[string]string{
		"room:1:talk": "room:*:talk room:1:talk 1", "room:1": "room:** room:1 1", "room:1:2:3": "room:** room:1:2:3 1:2:3",
		"room::talk": "room:** room::talk :talk", "lobby": "lobby lobby", "other": "* other other", "room:": "", "a:b": "", "": "",
	} {
		c, values, ok := list.Match(name)
		got := strings.Join(append([]string{c.Pattern}, values...), " ")
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("Match(%q) = %q, want %q", name, got, want)
		}
	}
}
