// Bind: records as values of a struct.

package core

import "github.com/loambase/loam/core/record"

// Bind returns a service that reads and writes the records of a collection as values of the
// struct T. collection is an id or a name. records is App.Records of an open App, Tx.Records,
// or the Records of a hook's event. Access rules do not apply, unless Typed.As sets a caller.
//
//	type Post struct {
//		ID      string    `json:"id"`
//		Title   string    `json:"title"`
//		Stars   int       `json:"stars"`
//		Created time.Time `json:"created"`
//	}
//	posts := core.Bind[Post](app.Records(), "posts")
//	list, err := posts.Find(ctx, record.Query{Filter: "stars > {:n}", Params: map[string]any{"n": 3}})
//
// A struct field holds the collection field that its json tag names. Without a tag the names
// must be equal, in any letter case; json:"-" leaves a struct field out. T need not have
// every field of the collection. The Go types for the kinds of fields:
//
//	text, editor, email, url, password      string, or a named string type
//	select, file, relation                  the same; a slice of it if several values are allowed
//	number                                  an integer or a float type; an error if the value does not fit
//	bool                                    bool
//	date, autodate                          time.Time, in UTC, or string
//	json                                    any type that encoding/json decodes the value into
//	geoPoint                                schema.Point, or a struct of the same fields
//
// A password is "" in a record that was read. A field with the tag json:"expand" is a struct
// for the records that Query.Expand names: its fields have the tags of the relations and are
// structs, pointers to structs, or slices of structs, each mapped as T is. The command
// "loam generate types --lang go" generates such structs from the collections. When they are
// generated again after a field was removed, code that names the field no longer compiles.
//
// The first use of the service, or Typed.Check, reports an error if T does not fit.
func Bind[T any](records *record.Service, collection string) record.Typed[T] {
	return record.NewTyped[T](records, collection)
}
