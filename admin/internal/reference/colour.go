package reference

import (
	"context"
	"io"
	"regexp"

	"github.com/a-h/templ"
)

// parts matches the coloured parts of code, by language. A group NAME has the CSS class tok-NAME of
// console.css.
var parts = map[string]*regexp.Regexp{
	"JavaScript": regexp.MustCompile(`(?P<comment>//[^\n]*)|(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|(?P<keyword>\b(?:import|from|const|new|await|if|true|false|null)\b)|(?P<number>\b\d+(?:\.\d+)?\b)`),
	"cURL":       regexp.MustCompile(`(?m)(?P<comment>^#[^\n]*)|(?P<string>'[^']*'(?:\\''[^']*')*|"[^"\n]*")|(?P<keyword>^(?:curl|websocat)\b| -[A-Z]\b|--[a-z]+\b)`),
	"Go":         regexp.MustCompile("(?P<comment>//[^\n]*)|(?P<string>\"(?:\\\\.|[^\"\\\\\n])*\"|`[^`]*`)|(?P<keyword>\\b(?:package|import|func|if|for|defer|return|nil)\\b)|(?P<number>\\b\\d+\\b)"),
	"Dart":       regexp.MustCompile(`(?P<comment>//[^\n]*)|(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|(?P<keyword>\b(?:import|final|await|async|void|for|in|true|false|null)\b)|(?P<number>\b\d+(?:\.\d+)?\b)`),
	"JSON":       regexp.MustCompile(`(?P<propertyName>"(?:\\.|[^"\\])*")\s*:|(?P<string>"(?:\\.|[^"\\])*")|(?P<keyword>\b(?:true|false|null)\b)|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)`),
}

// maxColoured is the size limit of coloured code, in bytes: a longer answer of the API would need
// too many elements on the page.
const maxColoured = 64 << 10

// token is a part of code; class is "" for a part without a colour.
type token struct{ class, text string }

// tokens splits code into tokens. Joined, the tokens are the code again.
func tokens(language, code string) (list []token) {
	at, re := 0, parts[language]
	for _, match := range re.FindAllStringSubmatchIndex(code, -1) {
		for i, name := range re.SubexpNames() {
			from, to := match[2*i], match[2*i+1]
			if name == "" || from < 0 {
				continue
			}
			list = append(list, token{"", code[at:from]}, token{"tok-" + name, code[from:to]})
			at = to
		}
	}
	return append(list, token{"", code[at:]})
}

// coloured returns code with syntax highlighting.
func coloured(language, code string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		list := []token{{"", code}}
		if len(code) <= maxColoured {
			list = tokens(language, code)
		}
		for _, t := range list {
			text := templ.EscapeString(t.text)
			if t.class != "" {
				text = `<span class="` + t.class + `">` + text + `</span>`
			}
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	})
}
