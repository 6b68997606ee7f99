package provider

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"sync"
	"unicode/utf8"
)

// Info is the name and the logo of a provider.
type Info struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Logo        string `json:"logo"` // an SVG image
}

// List returns all known providers, in their order.
func List() []Info {
	list := make([]Info, len(kinds))
	for i, k := range kinds {
		list[i] = k.info()
	}
	return list
}

// Find returns the provider with the name. ok is false for an unknown name.
func Find(name string) (i Info, ok bool) {
	if k := find(name); k != nil {
		return k.info(), true
	}
	return Info{}, false
}

func (k *kind) info() Info {
	return Info{Name: k.name, DisplayName: k.display, Logo: logo(k.name, k.display)}
}

// Mark is the logo of a provider: a path in a single colour.
type Mark struct {
	Path   string `json:"path"`   // the data of an SVG path in a square of 24 by 24
	Colour string `json:"colour"` // the colour of the brand, such as "#4285F4"
}

// logos is a JSON object with the Marks by the names of the providers. The logos are from Simple
// Icons; admin/web/bundle.mjs writes the file.
//
//go:embed logos.json
var logos []byte

var marks = sync.OnceValue(func() (all map[string]Mark) {
	if err := json.Unmarshal(logos, &all); err != nil {
		panic(err) // not reached: the file is embedded
	}
	return all
})

// MarkOf returns the logo of the provider with the name. ok is false for a provider that has no
// logo under an open licence, and for an unknown name.
func MarkOf(name string) (m Mark, ok bool) {
	m, ok = marks()[name]
	return m, ok
}

// logo returns the logo of a provider as an SVG image: its mark, or else its initial.
func logo(name, display string) string {
	const image = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" `
	if m, ok := MarkOf(name); ok {
		return image + `viewBox="0 0 24 24"><path fill="` + m.Colour + `" d="` + m.Path + `"/></svg>`
	}
	initial, _ := utf8.DecodeRuneInString(display)
	return fmt.Sprintf(image+`viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#475569"/>`+
		`<text x="16" y="22" text-anchor="middle" font-family="sans-serif" font-size="17" fill="#fff">%s</text></svg>`, html.EscapeString(string(initial)))
}
