package rest_test

import (
	"strings"
	"testing"
)

func TestAuthWithPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections/members/auth-with-password"
	good := `{"identity":"ann@example.com","password":"` + password + `"}`
	urlencoded := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	s.run(t, []scenario{
		{name: "good", method: "POST", path: path, body: good, status: 200, has: []string{`{"record":{"collectionId":"`, `"email":"ann@example.com"`, `},"token":"ey`},
			hasNot: []string{"tokenKey", "password"}},
		{name: "any letter case of the collection", method: "POST", path: "/api/collections/MEMBERS/auth-with-password", body: good, status: 200},
		{name: "fields", method: "POST", path: path + "?fields=record.email", body: good, status: 200, has: []string{`{"record":{"email":"ann@example.com"}}`}},
		{name: "form", method: "POST", path: path, headers: urlencoded, body: "identity=ann@example.com&password=" + password, status: 200},
		{name: "signed in already", method: "POST", path: path, as: "bob", body: good, status: 200, has: []string{"ann@example.com"}},
		{name: "wrong password", method: "POST", path: path, body: strings.Replace(good, password, "wrong", 1), status: 400,
			has: []string{`{"data":{},"message":"Failed to authenticate.","status":400}`}},
		{name: "nobody", method: "POST", path: path, body: strings.Replace(good, "ann@", "eve@", 1), status: 400,
			has: []string{`{"data":{},"message":"Failed to authenticate.","status":400}`}},
		{name: "empty", method: "POST", path: path, status: 400, has: []string{`"identity":{"code":"validation_required"`, `"password":{"code":"validation_required"`}},
		{name: "malformed", method: "POST", path: path, body: `{"identity":`, status: 400, has: []string{`"data":{}`}},
		{name: "wrong type", method: "POST", path: path, body: `{"identity":5,"password":"x"}`, status: 400, has: []string{`"data":{}`}},
		{name: "identity field", method: "POST", path: path, body: `{"identity":"a","password":"b","identityField":"nope"}`, status: 400,
			has: []string{`"identityField":{"code":"validation_in_invalid"`}},
		{name: "no collection", method: "POST", path: "/api/collections/nope/auth-with-password", body: good, status: 404,
			has: []string{`"Missing or invalid collection context."`}},
		{name: "no auth collection", method: "POST", path: "/api/collections/_otps/auth-with-password", body: good, status: 404,
			has: []string{`"Missing or invalid auth collection context."`}},
	})
}

func TestAuthMethods(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const others = `"oauth2":{"providers":[],"enabled":false},"mfa":{"enabled":false,"duration":0},"otp":{"enabled":false,"duration":0},"authProviders":null,"usernamePassword":false,`
	s.run(t, []scenario{
		{name: "password", path: "/api/collections/members/auth-methods", status: 200,
			has: []string{`{"password":{"identityFields":["email"],"enabled":true},` + others + `"emailPassword":true}`}},
		{name: "fields", path: "/api/collections/members/auth-methods?fields=mfa,otp,password,oauth2", status: 200,
			has: []string{`"password":{"enabled":true,"identityFields":["email"]}}`}, hasNot: []string{"authProviders"}},
		{name: "off", method: "PATCH", path: "/api/collections/members", as: "root", body: `{"passwordAuth":{"enabled":false}}`, status: 200},
		{name: "nothing", path: "/api/collections/members/auth-methods", status: 200,
			has: []string{`{"password":{"identityFields":[],"enabled":false},` + others + `"emailPassword":false}`}},
		{name: "no collection", path: "/api/collections/nope/auth-methods", status: 404, has: []string{`"Missing or invalid collection context."`}},
		{name: "no auth collection", path: "/api/collections/_otps/auth-methods", status: 404, has: []string{`"Missing or invalid auth collection context."`}},
	})
}

func TestAuthRefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/api/collections/members/auth-refresh"
	s.run(t, []scenario{
		{name: "own", method: "POST", path: path, as: "ann", status: 200, has: []string{`{"record":{`, `"email":"ann@example.com"`, `"token":"ey`}},
		{name: "fields", method: "POST", path: path + "?fields=token", as: "ann", status: 200, has: []string{`{"token":"ey`}, hasNot: []string{"record"}},
		{name: "bearer", method: "POST", path: path, headers: map[string]string{"Authorization": "Bearer " + s.tokens["ann"]}, status: 200},
		{name: "guest", method: "POST", path: path, status: 401, has: []string{`"The request requires valid record authorization token."`}},
		{name: "another collection", method: "POST", path: path, as: "root", status: 403,
			has: []string{`"The request requires auth record from _superusers collection."`}},
		{name: "no collection", method: "POST", path: "/api/collections/nope/auth-refresh", as: "ann", status: 404},
		{name: "wrong way", path: path, as: "ann", status: 404, has: []string{`"message"`}},
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const healthy = `{"message":"API is healthy.","code":200,"data":`
	s.run(t, []scenario{
		{name: "guest", path: "/api/health", status: 200, has: []string{healthy + "{}}"}},
		{name: "user", path: "/api/health", as: "ann", status: 200, has: []string{healthy + "{}}"}},
		{name: "superuser", path: "/api/health", as: "root", headers: map[string]string{"X-Forwarded-For": "203.0.113.1"}, status: 200,
			has: []string{healthy + `{"canBackup":true,"possibleProxyHeader":"X-Forwarded-For","realIP":"192.0.2.1"}}`}},
	})
}
