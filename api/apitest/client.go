package apitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Client asks a handler in the name of one caller.
type Client struct {
	t       testing.TB
	handler http.Handler
	token   string
}

// As returns a client with a token, "" for a guest: SignIn returns tokens.
func As(t testing.TB, h http.Handler, token string) *Client { return &Client{t, h, token} }

// SignedIn signs an account in, and returns a client of it.
func SignedIn(t testing.TB, h http.Handler, collection, email, password string) *Client {
	t.Helper()
	return As(t, h, SignIn(t, h, collection, email, password))
}

// Get asks for a path with its query.
func (c *Client) Get(path string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil)
}

// Post sends a body: a string as it is, which is JSON, anything else encoded as JSON.
func (c *Client) Post(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Patch is Post with another method.
func (c *Client) Patch(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPatch, path, body)
}

// Delete asks for a path to be deleted.
func (c *Client) Delete(path string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil)
}

// Do sends a request with any method; for the body see Post, nil is none.
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

// Answer is what a handler has answered.
type Answer struct {
	Status int
	Body   string
	Header http.Header

	t     testing.TB
	asked string
}

// Want fails the test if the status is another one, or the body lacks one of the texts. It
// returns the answer.
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

// JSON decodes the body into v, and ends the test if it cannot.
func (a *Answer) JSON(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		a.t.Fatalf("%s = %d %s: %v", a.asked, a.Status, a.Body, err)
	}
}
