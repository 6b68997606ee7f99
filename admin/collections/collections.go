// Package collections has the screens that define collections: fields, indexes, rules and sign-in,
// the creation and the deletion of a collection.
package collections

import (
	"github.com/loambase/loam/admin/console"
	"github.com/loambase/loam/admin/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Routes are the addresses of the package.
func Routes() []console.Route {
	const collection = "/_/c/{collection}"
	return []console.Route{
		console.Get("/_/rules", showAllRules),
		console.Get("/_/new-collection", showNew),
		console.Post("/_/new-collection", create),
		console.Post("/_/pins", pin),
		console.Get(collection+"/fields", showFields),
		console.Post(collection+"/fields", saveFields),
		console.Get(collection+"/fields/new", newField),
		console.Get(collection+"/rules", showRules),
		console.Post(collection+"/rules", saveRules),
		console.Post(collection+"/rules/try", tryRules),
		console.Get(collection+"/complete", completeAt),
		console.Get(collection+"/sign-in", showSignIn),
		console.Post(collection+"/sign-in", saveSignIn),
		console.Get(collection+"/sign-in/provider", newProvider),
		console.Post(collection+"/sign-in/mails/{mail}/preview", previewMail),
		console.Post(collection+"/sign-in/mails/{mail}/page", mailPage),
		console.Post(collection+"/sign-in/mails/{mail}/test", testMail),
		console.Get(collection+"/sign-in/tokens/{token}/end", askEndTokens),
		console.Post(collection+"/sign-in/tokens/{token}/end", endTokens),
		console.Get(collection+"/truncate", askTruncate),
		console.Post(collection+"/truncate", truncate),
		console.Get(collection+"/drop", askDrop),
		console.Post(collection+"/drop", drop),
	}
}

// collectionOf returns the collection that the address names.
func collectionOf(c *console.Call) (*schema.Collection, error) {
	name := c.Param("collection")
	if found := c.App.Snapshot().Find(name); found != nil {
		return found, nil
	}
	return nil, fault.New(fault.NotFound, "There is no collection "+name+".")
}

// frame is the frame of a page about the definition of a collection.
func frame(c *console.Call, in *schema.Collection, tab string) console.Page {
	return console.Page{
		Title: in.Name + " " + tab, Section: "data",
		Crumbs: []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: in.Name, Path: console.CollectionPath(in)}, {Label: tab}},
		Side:   c.Collections(in.Name), Scripts: []string{"form.js", "record.js", "fields.js"},
	}
}
