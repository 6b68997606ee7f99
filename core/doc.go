// Package core is Loam as a framework: an App opens a data folder and offers the
// services that every transport, hook and tool goes through.
//
//	app := core.New(core.Config{Dir: "data"})
//	if err := app.Open(ctx, core.Serve); err != nil { … }
//	defer app.Close()
//	page, err := app.Records().List(ctx, record.Caller{}, "posts", record.ListParams{})
//
// A program adds its own to it: Hooks take part in what happens, Config.Migrations
// make its collections, Go runs its jobs. Package api gives it the routes and the
// command line, coretest and apitest whole servers for its tests.
//
// Services take who asks as a record.Caller and judge the rules for it; record.Root
// is for code that may do everything. Errors that a caller is to learn of are faults
// (package fault); all others are internal.
//
// The words, one meaning each everywhere:
//
//	collection  a named set of records of one form
//	record      one row of a collection
//	field       one named value of a record
//	rule        an expression that says who may
//	filter      an expression that says which ones
//	caller      who asks, as a value
//	change      one record changed by a committed write
//	snapshot    the immutable view of all collections
//	store       one open database
//	blob        one stored file
//	superuser   a caller for whom no rule holds
//	console     the web page for superusers
package core
