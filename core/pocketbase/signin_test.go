package pocketbase_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/record"
)

// vector is the token of the contract (auth-realtime-system.md §2.1), of a user whose key is 50
// times k, in a collection whose secret is 50 times s.
const vector = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJjb2xsZWN0aW9uSWQiOiJfcGJfdXNlcnNfYXV0aF8iLCJleHAiOjQxMDI0NDQ4MDAsImlkIjoiYWJjMTIzZGVmNDU2Z2hpIiwicmVmcmVzaGFibGUiOnRydWUsInR5cGUiOiJhdXRoIn0.VGo1m7-yzTYpuiFxlHykqBKAfnXqIYiSZ4jZZBgAhf0"

func TestTokensStayValid(t *testing.T) {
	app, _ := imported(t, source(t, lived))
	service := auth.New(app)
	sign := func(collection, id, secret string) string {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"type": "auth", "id": id, "collectionId": collection,
			"refreshable": true, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(strings.Repeat("k", 50) + secret))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, test := range []struct{ name, token, want string }{
		{"the vector of the contract", vector, "abc123def456ghi"},
		{"a member", sign("members00000001", "member000000001", strings.Repeat("t", 50)), "member000000001"},
		{"a superuser", sign("pbc_3142635823", "root00000000000", strings.Repeat("s", 50)), "root00000000000"},
		{"another secret", sign("members00000001", "member000000001", strings.Repeat("s", 50)), ""},
		{"another record", sign("_pb_users_auth_", "Legacy_ID", strings.Repeat("s", 50)), ""},
	} {
		who, err := service.Authenticate(context.Background(), test.token)
		got := ""
		if who != nil {
			got = who.ID()
		}
		if err != nil || got != test.want {
			t.Errorf("%s: Authenticate() = %q, %v, want %q", test.name, got, err, test.want)
		}
	}
}

func TestPasswordsStayValid(t *testing.T) {
	app, _ := imported(t, source(t, lived))
	service := auth.New(app)
	for _, test := range []struct {
		collection, identity, password string
		want                           bool
	}{
		{"users", "ann@example.com", "correct-horse", true},
		{"users", "bob@example.com", "correct-horse", true}, // a hash of $2y$
		{"users", "bob@example.com", "wrong-horse", false},
		{"_superusers", "root@example.com", "correct-horse", true},
		{"members", "CID", "correct-horse", true}, // by user name, in any letter case
		{"members", "cid@example.com", "correct-horse", true},
	} {
		_, err := service.WithPassword(context.Background(), record.Caller{}, test.collection,
			auth.PasswordForm{Identity: test.identity, Password: test.password}, "")
		if (err == nil) != test.want {
			t.Errorf("%s in %s with %s: %v", test.identity, test.collection, test.password, err)
		}
	}
}

// A link that was mailed before the import still verifies its address.
func TestPendingVerificationStaysValid(t *testing.T) {
	app, _ := imported(t, source(t, lived))
	service := auth.New(app)
	const ann = "abc123def456ghi"
	link := func(email string) string {
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"type": "verification", "id": ann, "collectionId": "_pb_users_auth_",
			"email": email, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(strings.Repeat("k", 50) + strings.Repeat("s", 50)))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	verified := func() bool {
		r, err := app.Records().FindByID(t.Context(), "users", ann)
		if err != nil {
			t.Fatal(err)
		}
		return r.Bool("verified")
	}
	for _, step := range []struct {
		email string
		want  bool
	}{{"eve@example.com", false}, {"ann@example.com", true}} {
		err := service.ConfirmVerification(t.Context(), record.Caller{}, "users", auth.TokenForm{Token: link(step.email)})
		if (err == nil) != step.want || verified() != step.want {
			t.Errorf("a link for %s: %v, verified %t", step.email, err, verified())
		}
	}
}
