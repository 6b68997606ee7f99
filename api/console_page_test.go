package api

import (
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loambase/loam/core/coretest"
)

// A server with an invalid page, input or file of the console does not start. The error names the
// line of the program and the mistake.
func TestConsoleMistakes(t *testing.T) {
	t.Parallel()
	show := func(io.Writer, *Request) error { return nil }
	page := func(p ConsolePage) func(*ServeEvent) { return func(e *ServeEvent) { e.ConsolePage(p) } }
	input := func(list ...ConsoleInput) func(*ServeEvent) {
		return func(e *ServeEvent) {
			for _, in := range list {
				e.ConsoleInput(in)
			}
		}
	}
	files := fstest.MapFS{"a.js": {}, "a.txt": {}}
	for want, add := range map[string]func(*ServeEvent){
		`page "" of the console: the name is not of`:         page(ConsolePage{Title: "A", Show: show}),
		`page "a/b" of the console: the name is not of`:      page(ConsolePage{Name: "a/b", Title: "A", Show: show}),
		`page "A" of the console: the name is not of`:        page(ConsolePage{Name: "A", Title: "A", Show: show}),
		`page "a" of the console: the title is empty`:        page(ConsolePage{Name: "a", Title: " ", Show: show}),
		`page "a" of the console: there is no function Show`: page(ConsolePage{Name: "a", Title: "A"}),
		`page "a" of the console: the icon "nothing" does not exist; the icons are logo, data`: page(
			ConsolePage{Name: "a", Title: "A", Icon: "nothing", Show: show}),
		`page "a" of the console: another page has this name`: func(e *ServeEvent) {
			e.ConsolePage(ConsolePage{Name: "a", Title: "A", Show: show})
			e.ConsolePage(ConsolePage{Name: "a", Title: "B", Show: show})
		},
		`input "my-name" of the console: the collection is missing`: input(ConsoleInput{Field: "name", Element: "my-name"}),
		`input "my-name" of the console: the field is missing`:      input(ConsoleInput{Collection: "users", Element: "my-name"}),
		`input "" of the console: the name of the element is not`:   input(ConsoleInput{"users", "name", ""}),
		`input "name" of the console: the name of the element is`:   input(ConsoleInput{"users", "name", "name"}),
		`input "My-name" of the console: the name of the element`:   input(ConsoleInput{"users", "name", "My-name"}),
		`input "1-name" of the console: the name of the element`:    input(ConsoleInput{"users", "name", "1-name"}),
		`input "my-name><b" of the console: the name of the`:        input(ConsoleInput{"users", "name", "my-name><b"}),
		`input "font-face" of the console: HTML excludes this name`: input(ConsoleInput{"users", "name", "font-face"}),
		`input "b-b" of the console: the field name of Users has another input`: input(
			ConsoleInput{"users", "name", "a-a"}, ConsoleInput{"users", "email", "a-a"}, ConsoleInput{"Users", "name", "b-b"}),
		`files of the console: the file system is nil`:         func(e *ServeEvent) { e.ConsoleFiles(nil) },
		`files of the console: open b.js: file does not exist`: func(e *ServeEvent) { e.ConsoleFiles(files, "b.js") },
		`files of the console: a.txt is neither a module`:      func(e *ServeEvent) { e.ConsoleFiles(files, "a.txt") },
		`files of the console: ConsoleFiles was called before`: func(e *ServeEvent) {
			e.ConsoleFiles(files, "a.js")
			e.ConsoleFiles(files)
		},
	} {
		p := &Program{App: coretest.New(t)}
		p.Serve.BindFunc(func(e *ServeEvent) error { add(e); return nil })
		if _, err := p.Handler(); err == nil || !strings.HasPrefix(err.Error(), "console_page_test.go:") || !strings.Contains(err.Error(), want) {
			t.Errorf("Handler = %v, want %q", err, want)
		}
	}
}
