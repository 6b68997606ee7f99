package apitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Client sends requests to a handler with the token of one caller.
type Client struct {
	t       testing.TB
	handler http.Handler
	token   string
}

// As returns a Client that sends the token, "" for a guest. SignIn returns tokens.
func As(t testing.TB, h http.Handler, token string) *Client { return &Client{t, h, token} }

// SignedIn signs an account in with its password and returns a Client with its token. It ends the
// test if the account cannot sign in.
func SignedIn(t testing.TB, h http.Handler, collection, email, password string) *Client {
	t.Helper()
	return As(t, h, SignIn(t, h, collection, email, password))
}

// Get sends a GET request. The path may have a query.
func (c *Client) Get(path string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil)
}

// Post sends a POST request with a JSON body. A string is sent as it is, any other value is
// encoded as JSON.
func (c *Client) Post(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Patch does the same as Post, with the method PATCH.
func (c *Client) Patch(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPatch, path, body)
}

// Delete sends a DELETE request without a body.
func (c *Client) Delete(path string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil)
}

// Do sends a request with any method. The body is encoded as for Post; nil sends no body.
func (c *Client) Do(method, path string, body any) *Answer {
	c.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		in = strings.NewReader(string(text))
	}
	r := httptest.NewRequest(method, path, in)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", c.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return &Answer{Status: w.Code, Body: w.Body.String(), Header: w.Header(), t: c.t, asked: method + " " + path}
}

// Answer is the answer of a handler, with the whole body.
type Answer struct {
	Status int
	Body   string
	Header http.Header

	t     testing.TB
	asked string // method and path of the request, for messages
}

// Want reports an error to the test if the status differs, or if the body does not contain each
// of the texts. It returns the answer.
func (a *Answer) Want(status int, texts ...string) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Errorf("%s = %d %s, want %d", a.asked, a.Status, a.Body, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			a.t.Errorf("%s = %d %s, want %s in it", a.asked, a.Status, a.Body, text)
		}
	}
	return a
}

// JSON decodes the body into v. It ends the test if the body cannot be decoded.
func (a *Answer) JSON(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		a.t.Fatalf("%s = %d %s: %v", a.asked, a.Status, a.Body, err)
	}
}
