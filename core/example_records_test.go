package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Fern is a record of the collection ferns.
type Fern struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Stars int    `json:"stars"`
}

// garden returns an app with a collection ferns, whose list rule shows records with two stars.
func garden() (app *core.App, end func()) {
	dir, err := os.MkdirTemp("", "loam")
	if err != nil {
		log.Fatal(err)
	}
	app = core.New(core.Config{Dir: dir})
	if err := app.Open(context.Background(), core.Serve); err != nil {
		log.Fatal(err)
	}
	definition := `{"name": "ferns", "listRule": "stars > 1", "fields": [
		{"name": "name", "type": "text", "required": true}, {"name": "stars", "type": "number"}, {"name": "note", "type": "text", "hidden": true}]}`
	if _, err := app.Collections().Create(context.Background(), record.Root(), []byte(definition)); err != nil {
		log.Fatal(err)
	}
	return app, func() {
		if err := app.Close(); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

// Records as values of a struct: saved, found by a filter with parameters, and counted for a
// caller.
func ExampleBind() {
	app, end := garden()
	defer end()
	ctx := context.Background()
	ferns := core.Bind[Fern](app.Records(), "ferns")
	for i, name := range []string{"Adiantum", "Blechnum", "Cyathea"} {
		if err := ferns.Save(ctx, &Fern{Name: name, Stars: i}); err != nil {
			log.Fatal(err)
		}
	}
	list, err := ferns.Find(ctx, record.Query{Filter: "stars >= {:n}", Params: map[string]any{"n": 1}, Sort: "-stars"})
	if err != nil {
		log.Fatal(err)
	}
	for _, fern := range list {
		fmt.Println(fern.Name, fern.Stars)
	}
	n, err := ferns.As(record.Caller{}).Count(ctx, record.Query{}) // as a guest
	fmt.Println(n, err)
	_, err = ferns.Find(ctx, record.Query{Filter: "colour = 'green'"})
	fmt.Println(fault.KindOf(err), err)
	fmt.Println(core.Bind[struct{ Colour string }](app.Records(), "ferns").Check())
	// Output:
	// Cyathea 2
	// Blechnum 1
	// 1 <nil>
	// invalid records of "ferns": invalid: invalid left operand "colour" - unknown field "colour"
	// record: struct { Colour string }.Colour: "ferns" has no field "Colour"
}

// Fields of a record by name, the JSON of the whole record, and the JSON that a caller gets.
func ExampleApp_Records() {
	app, end := garden()
	defer end()
	ctx := context.Background()
	r, err := app.Records().NewRecord("ferns")
	if err != nil {
		log.Fatal(err)
	}
	r.Set("id", "fern00000000001")
	r.Set("name", "Dicksonia")
	r.Set("note", "in the shade")
	if r, err = app.Records().Save(ctx, record.Root(), r); err != nil {
		log.Fatal(err)
	}
	r.Set("stars", "4") // is cast to the kind of the field
	if r, err = app.Records().Save(ctx, record.Root(), r); err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Text("name"), r.Int("stars"), r.Bool("none"))
	everything, err := json.Marshal(r)
	fmt.Println(len(everything) > 0, err)
	shown, err := r.PublicJSON(ctx, record.Caller{})
	fmt.Println(string(shown[len(`{"collectionId":"pbc_0000000000",`):]), err)
	// Output:
	// Dicksonia 4 false
	// true <nil>
	// "collectionName":"ferns","id":"fern00000000001","name":"Dicksonia","stars":4} <nil>
}

// A transaction inside of a transaction is a part of the outer transaction.
func ExampleApp_Transaction_joined() {
	app, end := garden()
	defer end()
	ctx := context.Background()
	plant := func(ctx context.Context, name string) error {
		return app.Transaction(ctx, func(tx *core.Tx) error {
			return core.Bind[Fern](tx.Records, "ferns").Save(tx.Context, &Fern{Name: name})
		})
	}
	err := app.Transaction(ctx, func(tx *core.Tx) error {
		if err := plant(tx.Context, "Equisetum"); err != nil {
			return err
		}
		fmt.Println(plant(tx.Context, "")) // fails, and only this part is undone
		return plant(tx.Context, "Lygodium")
	})
	n, _ := app.Records().Count(ctx, "ferns")
	fmt.Println(err, n)
	// Output:
	// records of "ferns": Failed to create record; name: Cannot be blank
	// <nil> 2
}
