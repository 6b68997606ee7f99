package ui

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/asset"
)

func theme(chosen string) templ.Attributes {
	if chosen == "" {
		return nil
	}
	return templ.Attributes{"data-theme": chosen}
}

func themeLabel(chosen string) string {
	if chosen == "" {
		return "Theme: follows the system"
	}
	return "Theme: " + chosen
}

func themeIcon(chosen string) string {
	switch chosen {
	case "light":
		return "sun"
	case "dark":
		return "moon"
	}
	return "auto"
}

// current returns the attribute that marks the current page in a navigation; nil if is is false.
func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

// Current returns the attribute that marks the current page in a navigation; nil if is is false.
func Current(is bool) templ.Attributes { return current(is) }

// initials returns up to two letters of an e-mail address.
func initials(email string) string {
	name, _, _ := strings.Cut(email, "@")
	var letters []rune
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '-' || r == '_' || r == '+' }) {
		if letters = append(letters, []rune(part)[0]); len(letters) == 2 {
			break
		}
	}
	return strings.ToUpper(string(letters))
}

// IconPath returns the address of an icon in the sprite.
func IconPath(name string) string { return asset.Path("icons.svg") + "#i-" + name }
