package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// A program that uses Loam as a library: it opens a folder, makes a collection, and writes and
// reads records as record.Root.
func Example() {
	dir, err := os.MkdirTemp("", "loam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	app := core.New(core.Config{Dir: dir})
	if err := app.Open(ctx, core.Serve); err != nil {
		log.Fatal(err)
	}
	defer app.Close()

	definition := `{"name": "posts", "listRule": "stars > 2", "fields": [
		{"name": "title", "type": "text", "required": true}, {"name": "stars", "type": "number"}]}`
	if _, err := app.Collections().Create(ctx, record.Root(), []byte(definition)); err != nil {
		log.Fatal(err)
	}
	for title, stars := range map[string]int{"Ferns": 5, "Mosses": 1} {
		body := map[string]any{"title": title, "stars": stars}
		if _, err := app.Records().Create(ctx, record.Root(), "posts", record.Input{Body: body}); err != nil {
			log.Fatal(err)
		}
	}
	guest := record.Caller{} // a guest, to whom the rules apply
	page, err := app.Records().List(ctx, guest, "posts", record.ListParams{Sort: "title"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.TotalItems, strings.Contains(string(page.Items), `"title":"Ferns"`))
	// Output: 1 true
}

// A hook that refuses a write, and the error that the caller gets.
func ExampleApp_Hooks() {
	dir, err := os.MkdirTemp("", "loam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	app := core.New(core.Config{Dir: dir})
	app.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		if strings.Contains(e.Record.Text("name"), "spam") {
			return fault.New(fault.Invalid, "No spam, please.")
		}
		return nil
	}, "users")
	ctx := context.Background()
	if err := app.Open(ctx, core.Serve); err != nil {
		log.Fatal(err)
	}
	defer app.Close()
	body := map[string]any{"name": "spam", "email": "a@example.com", "password": "12345678", "passwordConfirm": "12345678"}
	_, err = app.Records().Create(ctx, record.Root(), "users", record.Input{Body: body})
	fmt.Println(err, fault.KindOf(err) == fault.Invalid)
	// Output: No spam, please. true
}

// Several writes that are stored together or not at all.
func ExampleApp_Transaction() {
	dir, err := os.MkdirTemp("", "loam")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	app := core.New(core.Config{Dir: dir})
	if err := app.Open(ctx, core.Serve); err != nil {
		log.Fatal(err)
	}
	defer app.Close()

	install := func(failure error) error {
		return app.Transaction(ctx, func(tx *core.Tx) error {
			definition := `{"name": "posts", "fields": [{"name": "title", "type": "text"}]}`
			if _, err := tx.Collections.Create(tx.Context, record.Root(), []byte(definition)); err != nil {
				return err
			}
			post := record.Input{Body: map[string]any{"title": "Welcome"}}
			if _, err := tx.Records.Create(tx.Context, record.Root(), "posts", post); err != nil {
				return err
			}
			if _, err := tx.Settings.Patch(tx.Context, record.Root(), []byte(`{"meta": {"appName": "Ferns"}}`)); err != nil {
				return err
			}
			return failure
		})
	}
	for _, failure := range []error{errors.New("no luck"), nil} {
		err := install(failure)
		fmt.Println(err, app.Snapshot().Find("posts") != nil, app.Settings().Current().Meta.AppName)
	}
	// Output:
	// no luck false Acme
	// <nil> true Ferns
}
