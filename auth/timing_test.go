package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// A wrong password takes as long for an account as for none, and is answered alike: the
// hash is what takes the time.
func TestSignInTellsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	f := newFixture(t)
	f.member(map[string]any{"email": "ann@example.com"})
	const rounds = 30
	took, said := map[string][]time.Duration{}, map[string]string{}
	for n := range rounds {
		for _, email := range []string{"ann@example.com", "eve@example.com"} {
			caller := record.Caller{IP: fmt.Sprintf("192.0.2.%d", n)} // guesses from one address are slowed down
			begin := time.Now()
			_, err := f.WithPassword(context.Background(), caller, "members", PasswordForm{Identity: email, Password: "wrong password"}, "")
			took[email] = append(took[email], time.Since(begin))
			if err == nil {
				t.Fatalf("%s is let in", email)
			}
			var e *fault.Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			said[email] = fmt.Sprint(e.Kind, e.Message, e.Fields)
		}
	}
	// The least of many is what the work itself takes, whatever else the machine does.
	known, unknown := slices.Min(took["ann@example.com"]), slices.Min(took["eve@example.com"])
	if known > 2*unknown || unknown > 2*known {
		t.Errorf("an account takes %v, none %v", known, unknown)
	}
	if said["ann@example.com"] != said["eve@example.com"] {
		t.Errorf("the answers differ: %v", said)
	}
}
