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

// A wrong password takes as long for an account as for an unknown identity, with the same answer:
// the hash takes the time.
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
	// The minimum of many durations is that of the work itself, whatever else the machine does.
	known, unknown := slices.Min(took["ann@example.com"]), slices.Min(took["eve@example.com"])
	if known > 2*unknown || unknown > 2*known {
		t.Errorf("an account takes %v, none %v", known, unknown)
	}
	if said["ann@example.com"] != said["eve@example.com"] {
		t.Errorf("the answers differ: %v", said)
	}
}

// A request for a mail takes the same time and has the same answer with and without an account: all
// work for an account is done after the answer.
func TestRequestsForMailsTellNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	f := newFixture(t)
	f.configure("members", `{"otp":{"enabled":true}}`)
	const rounds = 20 // each for another address, as there is no second mail within two minutes
	for i := range rounds {
		f.member(map[string]any{"email": fmt.Sprintf("ann%d@example.com", i)})
	}
	for name, request := range map[string]func(record.Caller, EmailForm) (string, error){
		"one-time password": func(caller record.Caller, form EmailForm) (string, error) {
			return f.RequestOTP(t.Context(), caller, "members", form)
		},
		"verification": func(caller record.Caller, form EmailForm) (string, error) {
			return "", f.RequestVerification(t.Context(), caller, "members", form)
		},
		"password reset": func(caller record.Caller, form EmailForm) (string, error) {
			return "", f.RequestPasswordReset(t.Context(), caller, "members", form)
		},
	} {
		took := map[string][]time.Duration{}
		for i := range rounds {
			order := []string{"ann", "eve"}
			if i%2 == 1 { // a read after a write takes longer, for every caller
				slices.Reverse(order)
			}
			for _, who := range order {
				caller := record.Caller{IP: fmt.Sprintf("192.0.2.%d", i)}
				begin := time.Now()
				id, err := request(caller, EmailForm{Email: fmt.Sprintf("%s%d@example.com", who, i)})
				took[who] = append(took[who], time.Since(begin))
				if err != nil || (id == "") != (name != "one-time password") {
					t.Fatalf("%s for %s: %q, %v", name, who, id, err)
				}
				f.settle()
			}
		}
		known, unknown := slices.Min(took["ann"]), slices.Min(took["eve"])
		const hidden = 20 * time.Microsecond // below the noise of a network, as is the start of the later work
		if known > 2*unknown+hidden || unknown > 2*known+hidden {
			t.Errorf("a %s takes %v for an account, %v for none", name, known, unknown)
		}
	}
}
