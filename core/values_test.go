package core_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/loambase/loam/core"
)

func TestValues(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	v := core.New(core.Config{Now: func() time.Time { return now }}).Values()
	v.Set("for ever", 1, 0)
	v.Set("short", "a", time.Second)
	if !v.Add("claim", true, time.Minute) || v.Add("claim", false, time.Minute) {
		t.Error("a claim is taken twice, or never")
	}
	for i := range 1000 {
		v.Set(strconv.Itoa(i), i, time.Millisecond)
		now = now.Add(time.Millisecond)
	}
	for key, want := range map[string]any{"for ever": 1, "claim": true, "short": nil, "999": nil, "nothing": nil} {
		if got, ok := v.Get(key); got != want || ok != (want != nil) {
			t.Errorf("%s is %v, %t; want %v", key, got, ok, want)
		}
	}
	if n := v.Len(); n > 250 {
		t.Errorf("%d values are in memory, nearly all of them old", n)
	}
	now = now.Add(time.Minute)
	if !v.Add("claim", 2, 0) {
		t.Error("a claim that is over cannot be taken")
	}
	v.Delete("claim")
	if _, ok := v.Get("claim"); ok {
		t.Error("a deleted value is there")
	}
}
