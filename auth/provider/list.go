package provider

import (
	"fmt"
	"html"
	"unicode/utf8"
)

// Info is what a person sees of a service.
type Info struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Logo        string `json:"logo"` // an SVG image
}

// List returns all services that can be configured, in their order.
func List() []Info {
	list := make([]Info, len(kinds))
	for i, k := range kinds {
		list[i] = k.info()
	}
	return list
}

func (k *kind) info() Info { return Info{Name: k.name, DisplayName: k.display, Logo: logo(k.display)} }

// logo draws the initial of the provider. We may not distribute the provider's own logo.
func logo(display string) string {
	initial, _ := utf8.DecodeRuneInString(display)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">`+
		`<circle cx="16" cy="16" r="16" fill="#475569"/>`+
		`<text x="16" y="22" text-anchor="middle" font-family="sans-serif" font-size="17" fill="#fff">%s</text></svg>`, html.EscapeString(string(initial)))
}
