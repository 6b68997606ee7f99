// Package apitest sends requests to handlers, for tests of Loam and of programs that embed Loam.
package apitest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Ask sends a request with a JSON body and a token ("" for a guest) to the handler, and returns the
// status and the body of the answer.
func Ask(t testing.TB, h http.Handler, token, method, path, body string) (status int, answer string) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// SignIn signs a record of an auth collection in and returns its token.
func SignIn(t testing.TB, h http.Handler, collection, email, password string) (token string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"identity": email, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := Ask(t, h, "", http.MethodPost, "/api/collections/"+collection+"/auth-with-password", string(body))
	var signedIn struct{ Token string }
	if err := json.Unmarshal([]byte(answer), &signedIn); err != nil || signedIn.Token == "" {
		t.Fatalf("sign in as %s: %d %s", email, status, answer)
	}
	return signedIn.Token
}
