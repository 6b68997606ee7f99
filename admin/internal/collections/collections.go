// Package collections serves the pages that define collections: fields, indexes, rules and sign-in
// options, and the creation and deletion of a collection.
package collections

import (
	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	const collection = "/_/c/{collection}"
	return []console.Route{
		console.Get("/_/rules", showAllRules),
		console.Get("/_/new-collection", console.Unlocked(showNew)),
		console.Post("/_/new-collection", console.Unlocked(create)),
		console.Post("/_/try-view", tryView),
		console.Post("/_/pins", pin),
		console.Get(collection+"/fields", showFields),
		console.Post(collection+"/fields", console.Unlocked(saveFields)),
		console.Get(collection+"/fields/new", console.Unlocked(newField)),
		console.Get(collection+"/fields/target", console.Unlocked(askTarget)),
		console.Post(collection+"/fields/target", console.Unlocked(createTarget)),
		console.Post(collection+"/fields/names", console.Unlocked(checkNames)),
		console.Post(collection+"/fields/backup", backUp),
		console.Post(collection+"/fields/index", console.Unlocked(editIndex)),
		console.Get(collection+"/rules", showRules),
		console.Post(collection+"/rules", console.Unlocked(saveRules)),
		console.Post(collection+"/rules/try", tryRules),
		console.Post(collection+"/rules/who", who),
		console.Get(collection+"/complete", completeAt),
		console.Get(collection+"/sign-in", showSignIn),
		console.Post(collection+"/sign-in", console.Unlocked(saveSignIn)),
		console.Post(collection+"/sign-in/code", mailStepCode),
		console.Get(collection+"/sign-in/providers", chooseProvider),
		console.Get(collection+"/sign-in/provider", newProvider),
		console.Get(collection+"/sign-in/provider/remove", console.Unlocked(askRemoveProvider)),
		console.Get(collection+"/sign-in/apple", askAppleSecret),
		console.Post(collection+"/sign-in/apple", console.Unlocked(appleSecret)),
		console.Post(collection+"/sign-in/mails/{mail}/preview", previewMail),
		console.Post(collection+"/sign-in/mails/{mail}/page", mailPage),
		console.Post(collection+"/sign-in/mails/{mail}/test", testMail),
		console.Get(collection+"/sign-in/tokens/{token}/end", askEndTokens),
		console.Post(collection+"/sign-in/tokens/{token}/end", console.Confirmed(endTokens)),
		console.Post(collection+"/fields/copy", console.Unlocked(copyField)),
		console.Get(collection+"/definition", definitionJSON),
		console.Get(collection+"/migration", migration),
		console.Get(collection+"/duplicate", console.Unlocked(askDuplicate)),
		console.Post(collection+"/duplicate", console.Unlocked(duplicate)),
		console.Get(collection+"/truncate", console.Unlocked(askTruncate)),
		console.Post(collection+"/truncate", console.Unlocked(truncate)),
		console.Get(collection+"/drop", console.Unlocked(askDrop)),
		console.Post(collection+"/drop", console.Unlocked(drop)),
	}
}

// frame returns the frame of a page about the definition of a collection: its title, breadcrumbs,
// sidebar and scripts.
func frame(c *console.Call, in *schema.Collection, tab string) console.Page {
	return console.Page{
		Title: in.Name + " " + tab, Section: "data",
		Crumbs: []ui.Crumb{{Label: "Collections", Path: "/_/"}, {Label: in.Name, Path: console.CollectionPath(in)}, {Label: tab}},
		Side:   c.Collections(in.Name), Scripts: []string{"form.js", "guard.js", "pagedrafts.js", "record.js", "rules.js", "fields.js"},
	}
}

// edited returns the collection whose form was sent. The fault is NotFound if it was deleted after the
// form was opened.
func edited(c *console.Call) (*schema.Collection, error) {
	in, err := c.Collection()
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "This collection was deleted meanwhile. What you have typed is still here.")
	}
	return in, err
}
