// Package ui provides the common parts of the console's pages as templ components: the frame with
// its navigation, gates, dialogs, icons, failures. It calls no services: callers pass all data.
package ui

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Section is an entry of the navigation.
type Section struct{ ID, Label, Icon, Path string }

// Crumb is a breadcrumb. The last breadcrumb of a page is the page itself and has no Path.
type Crumb struct{ Label, Path string }

// Shell is the frame around a page.
type Shell struct {
	App, Title, Version string
	Theme               string // "light" or "dark"; "" for the theme of the system
	Accent              string // hexadecimal digits; "" for the default colour
	Account             string // e-mail address of the signed-in superuser
	Section             string
	Sections            []Section
	Crumbs              []Crumb
	Side                templ.Component
	Scripts             []string
	Styles              []string // names of assets
	Loaded              []string // addresses of scripts and style sheets of the embedding program
	Locked              bool     // records can be changed only after a press on Unlock
}

// Gate is the frame around a page for visitors without a session.
type Gate struct {
	Base                      string // the relative path from the page to /_/: "", "../" and so on
	App, Title, Theme, Accent string
	Note                      string // a note beside the picture
	Scripts                   []string
}

// SignIn is the sign-in form.
type SignIn struct {
	Identity, To string
	Problem      Problem
	Dialog       bool // the form is a dialog above the current page
	NoSuperuser  bool
	Fields       []string // the fields that identify an account, such as "email"
}

// label returns the label of the input for the identity: the names of the Fields, such as "Email or
// username".
func (f SignIn) label() string {
	names := strings.Join(f.Fields, " or ")
	if names == "" {
		return "Email"
	}
	return strings.ToUpper(names[:1]) + names[1:]
}

// kind returns the type of the input for the identity.
func (f SignIn) kind() string {
	if f.label() == "Email" {
		return "email"
	}
	return "text"
}

// Code is the form of the second step.
type Code struct {
	Identity, MFAID, OTPID, To string
	Sent                       string // the masked address to which the code was sent
	Problem                    Problem
	Seconds                    int64 // lifetime of the code
	Length                     int   // number of digits of the code
	Dialog                     bool
}

// Problem is the reason why a form was refused. Its zero value is no problem.
type Problem struct {
	Words string
	Wait  time.Duration // the time until the form may be sent again; 0 if at once
}

// Confirm is the form that asks a signed-in superuser for the password.
type Confirm struct {
	Account     string          // the email address of the superuser
	Title, Verb string          // the heading and the button; "" for the defaults
	About       templ.Component // the effects of the action, shown in the dialog; may be nil
	Problem     Problem         // the reason why the typed password was refused
	To          string          // the address that the page opens after the right password
}

func (f Confirm) title() string { return cmp.Or(f.Title, "Your password again") }

func (f Confirm) verb() string { return cmp.Or(f.Verb, "Go on") }

// Failure is the page of an error.
type Failure struct {
	Status          int
	Message, Reason string
	Lines           []string      // the problems of single inputs
	Request         string        // the id of the request in the log; "" for errors of the client
	Wait            time.Duration // the time until the request may be sent again; 0 for no limit
}

// Title returns the heading of the page.
func (f Failure) Title() string {
	switch f.Status {
	case http.StatusNotFound:
		return "Not there"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusTooManyRequests:
		return "Too many requests"
	case http.StatusServiceUnavailable:
		return "Not now"
	case http.StatusInternalServerError:
		return "The server failed"
	}
	return "That did not work"
}

// Seconds formats a duration for the header Retry-After: whole seconds, at least 1.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64(math.Ceil(d.Seconds()))), 10)
}

// Bytes formats a size with a decimal unit.
func Bytes(n int64) string {
	const units = "kMGTP"
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	size, unit := float64(n)/1000, 0
	for ; size >= 999.5 && unit < len(units)-1; unit++ {
		size /= 1000
	}
	digits := 0
	if size < 10 {
		digits = 1
	}
	return strconv.FormatFloat(size, 'f', digits, 64) + " " + units[unit:unit+1] + "B"
}
