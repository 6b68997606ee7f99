package console

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/internal/wire"
)

// maxUnread limits the bytes of a refused form that are read before the response.
const maxUnread = 32 << 20

// fail answers with an error: a page for an opened address, a dialog or a toast for a request of a
// script, which leaves the page and its inputs as they are.
func (c *Call) fail(err error) {
	var missing *unconfirmed
	if errors.Is(err, errSignIn) || errors.As(err, &missing) {
		// If the connection closes while the browser still sends the form, the browser loses the
		// response.
		io.CopyN(io.Discard, c.R.Body, maxUnread) //nolint:errcheck // the response is the same
	}
	if errors.Is(err, errSignIn) {
		if err = c.signInFirst(); err == nil {
			return
		}
	}
	if missing != nil {
		if err = c.AskPassword(http.StatusUnauthorized, missing.form); err == nil {
			return
		}
	}
	err = c.Failed(c.R, err)
	status, shown := wire.Describe(err)
	if shown.RetryAfter > 0 {
		c.W.Header().Set("Retry-After", ui.Seconds(shown.RetryAfter))
	}
	f := ui.Failure{Status: status, Message: shown.Message, Reason: shown.Reason, Lines: shown.Fields.Lines(), Request: c.ID, Wait: shown.RetryAfter}
	if status < http.StatusInternalServerError {
		f.Request = ""
	}
	answer := c.failurePage
	if c.FromScript() {
		answer = c.failureNote
	}
	if err := answer(f); err != nil {
		http.Error(c.W, shown.Message, status)
	}
}

func (c *Call) failurePage(f ui.Failure) error {
	if c.Caller.Superuser() {
		return c.PageAs(f.Status, Page{Title: f.Title()}, ui.FailurePage(f))
	}
	return c.Gate(f.Status, ui.Gate{Title: f.Title()}, ui.GateFailure(f))
}

// failureNote answers with a toast about a failure, regardless of the part that was requested.
func (c *Call) failureNote(f ui.Failure) error {
	c.retarget("#toasts", "beforeend")
	return c.render(f.Status, ui.FailureToast(f))
}

// Dialog answers with a modal dialog for the current page.
func (c *Call) Dialog(status int, dialog templ.Component) error {
	c.retarget("#dialogs", "innerHTML")
	return c.render(status, dialog)
}

// Above answers with a modal dialog above the open dialogs. It replaces an open dialog with the
// same id.
func (c *Call) Above(status int, dialog templ.Component) error {
	c.retarget("#dialogs", "beforeend")
	return c.render(status, dialog)
}

func (c *Call) retarget(target, swap string) {
	c.W.Header().Set("HX-Retarget", target)
	c.W.Header().Set("HX-Reswap", swap)
	c.W.Header().Set("HX-Push-Url", "false")
}

// Problems returns the messages of an Invalid fault by the path of their field, such as
// "smtp.host": the form shows each beside its input. Every other error is returned.
func Problems(err error) (map[string]string, error) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid {
		return nil, err
	}
	problems := map[string]string{}
	flatten(problems, "", f.Fields)
	if len(problems) == 0 {
		_, shown := wire.Describe(err)
		problems[""] = cmp.Or(wire.Sentence(shown.Reason), shown.Message) // the reason is more specific than the message
	}
	return problems, nil
}

// OneLine joins the messages of Problems into one line, in the order of their fields. Each message
// begins with its field, except that of the field with the name, and of "".
func OneLine(problems map[string]string, name string) string {
	var list []string
	for _, field := range slices.Sorted(maps.Keys(problems)) {
		if field == name || field == "" {
			list = append(list, problems[field])
		} else {
			list = append(list, field+": "+problems[field])
		}
	}
	return strings.Join(list, " ")
}

func flatten(into map[string]string, prefix string, fields fault.Fields) {
	for name, f := range fields {
		switch {
		case f == nil:
		case f.Fields != nil && f.Code == "":
			flatten(into, prefix+name+".", f.Fields)
		default:
			into[prefix+name] = words(f)
		}
	}
}

// words returns the message of a problem. The API's message about a reserved value mentions a list
// that forms do not show.
func words(f *fault.Field) string {
	if f.Code == "validation_not_in_invalid" {
		return "This is reserved. Choose another."
	}
	return wire.Sentence(f.Message)
}

// TooMany returns the time to wait after a fault.TooMany, and sets it as the header Retry-After.
func TooMany(c *Call, err error) time.Duration {
	_, shown := wire.Describe(err)
	c.W.Header().Set("Retry-After", ui.Seconds(shown.RetryAfter))
	return shown.RetryAfter
}
