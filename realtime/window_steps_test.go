package realtime

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// listOf makes a list of rows from texts of the form "id" or "id:version".
func listOf(texts ...string) (list []listed) {
	for _, text := range texts {
		id, _, _ := strings.Cut(text, ":")
		sum := uint64(0)
		for _, c := range []byte(text) {
			sum = sum*31 + uint64(c)
		}
		list = append(list, listed{row{id, sum}, []byte(fmt.Sprintf("%q", text))})
	}
	return list
}

// apply applies steps as a client does.
func apply(t testing.TB, texts []string, steps []step) []string {
	t.Helper()
	list := slices.Clone(texts)
	drop := func(id string) {
		list = slices.DeleteFunc(list, func(text string) bool { return text == id || strings.HasPrefix(text, id+":") })
	}
	for _, s := range steps {
		var e struct {
			Action, ID, Record string
			Index              int
		}
		if err := json.Unmarshal(s, &e); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if e.Action == "leave" {
			drop(e.ID)
			continue
		}
		id, _, _ := strings.Cut(e.Record, ":")
		before := len(list)
		if drop(id); (len(list) == before) != (e.Action == "enter") {
			t.Errorf("%s of %q", e.Action, list)
		}
		list = slices.Insert(list, e.Index, e.Record)
	}
	return list
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ old, list, want string }{
		{"a b c", "a b c", ""},
		{"a b c", "x a b", "leave c, enter 0 x"},
		{"a b c", "b c", "leave a"},
		{"a b c", "a b:2 c", "update 1 b:2"},
		{"a b c", "b c a:2", "update 2 a:2"},
		{"a b c", "c:2 a b", "update 0 c:2"},
		{"", "a b", "enter 0 a, enter 1 b"},
	} {
		steps := difference(rowsOf(listOf(strings.Fields(test.old)...)), listOf(strings.Fields(test.list)...))
		var got []string
		for _, s := range steps {
			var e struct {
				Action, ID, Record string
				Index              int
			}
			if err := json.Unmarshal(s, &e); err != nil {
				t.Fatal(err)
			}
			if e.Action == "leave" {
				got = append(got, "leave "+e.ID)
			} else {
				got = append(got, fmt.Sprint(e.Action, " ", e.Index, " ", e.Record))
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("from %q to %q: %q, want %q", test.old, test.list, got, test.want)
		}
	}
}

// TestStepsOfAnything: for any change, the steps lead from one list to the other.
func TestStepsOfAnything(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() (texts []string) {
		for _, i := range random.Perm(8)[:random.IntN(9)] {
			texts = append(texts, fmt.Sprintf("%c:%d", 'a'+i, random.IntN(2)))
		}
		return texts
	}
	old := draw()
	for range 20_000 {
		list := draw()
		steps := difference(rowsOf(listOf(old...)), listOf(list...))
		if got := apply(t, old, steps); !slices.Equal(got, list) {
			t.Fatalf("from %q to %q the steps lead to %q", old, list, got)
		}
		old = list
	}
}
