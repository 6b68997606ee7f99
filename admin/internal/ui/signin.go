package ui

import (
	"fmt"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/asset"
)

// signInAction returns the action of a sign-in form. On a page it is relative, since a proxy may
// serve Loam below another path.
func signInAction(dialog bool, name string) templ.SafeURL {
	if dialog {
		return templ.SafeURL("/_/" + name)
	}
	return templ.SafeURL(name)
}

// dialogForm returns the attributes by which htmx sends the form of a dialog; nil on a page.
func dialogForm(dialog bool, path string) templ.Attributes {
	if !dialog {
		return nil
	}
	return templ.Attributes{"hx-post": path, "hx-target": "#dialogs", "hx-swap": "innerHTML"}
}

func invalid(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

func role(kind string) templ.Attributes {
	if kind != "danger" {
		return nil
	}
	return templ.Attributes{"role": "alert"}
}

func bannerIcon(kind string) string {
	names := map[string]string{"info": "info", "ok": "ok", "warn": "warn", "danger": "error"}
	return asset.Path("icons.svg") + "#i-" + names[kind]
}

// minutes formats a duration in whole minutes.
func minutes(seconds int64) string {
	if n := (seconds + 30) / 60; n != 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "one minute"
}
