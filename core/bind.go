// Bind: records as values of a struct.

package core

import "github.com/loambase/loam/core/record"

// Bind returns the records of a collection, by id or name, as values of the struct T. records
// is App.Records of an open App, Tx.Records, or the Records of a hook's event. No rule is
// asked: the records are those of the system. Typed.As applies the rules of a caller.
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
// A field of T holds the field of the collection that its json tag names or, without a tag,
// the field of its own name in any letter case; json:"-" leaves a field out. T need not have
// every field. The types by kind:
//
//	text, editor, email, url, password      string, or a type of it
//	select, file, relation                  the same; a slice of it where several may be chosen
//	number                                  an integer or a float; a number that it cannot hold is an error
//	bool                                    bool
//	date, autodate                          time.Time, in UTC, or string
//	json                                    what encoding/json decodes the value into
//	geoPoint                                schema.Point, or a struct of the same fields
//
// A password is "" in what was read. A field with the tag json:"expand" is a struct for the
// records that Query.Expand names: its fields have the tags of the relations and are structs,
// pointers to structs, or slices of structs, in the same manner. The structs that
// "loam generate types --lang go" writes from the collections are such types: a program that
// is compiled with them, made anew, does not compile with the name of a field that is gone.
//
// Whether T fits is found out by the first use, and by Typed.Check.
func Bind[T any](records *record.Service, collection string) record.Typed[T] {
	return record.NewTyped[T](records, collection)
}
