// Package core is Loam as a framework: an App opens a data folder and offers the
// services that every transport, hook and tool goes through.
//
//	app := core.New(core.Config{Dir: "data"})
//	if err := app.Open(ctx, core.Serve); err != nil { … }
//	defer app.Close()
//	page, err := app.Records().List(ctx, record.Caller{}, "posts", record.ListParams{})
//
// A program adds its own code: Hooks take part in reads and writes, Config.Migrations create its
// collections, Go runs its background work and Jobs its scheduled work, Transaction joins several
// writes into one. Package api adds routes and the command line; coretest and apitest open whole
// servers for tests.
//
// Services take the record.Caller and judge the rules for it; record.Root is a caller who may do
// everything. Errors that a caller may see are faults (package fault); all others are internal.
//
// # Nouns
//
// One meaning each, everywhere:
//
//	collection  a named set of records with the same fields: base, auth or view
//	record      one row of a collection
//	field       one named value of a record; its kind says what it may hold
//	rule        an expression of a collection that decides whether a caller may do an operation
//	filter      an expression of a request that selects records
//	caller      the identity and the request on whose behalf a service works; a value
//	superuser   a caller for whom no rule is judged
//	change      the effect of a committed write on one record, one collection or the settings
//	snapshot    an immutable view of all collections; a request uses one
//	store       one open database
//	blob        one stored file
//	console     the web page for superusers
//
// # Verbs
//
// Functions that begin with the same verb do the same kind of thing:
//
//	resolve     look a name up: a collection in the snapshot, an identifier in a scope
//	accept      turn the input of a client into typed values; no rule is judged
//	precheck    authorize and validate on a read, before costly work
//	authorize   decide whether the caller may, by the rule; of a connection: whether a
//	            statement may be prepared on it
//	validate    decide whether values are allowed, and name wrong values (judge, in
//	            package collection: validate a draft among its neighbours)
//	plan        turn an expression into SQL with its parameters; nothing is run. A Plan of
//	            collections is the report of a change that was rolled back
//	render      write a text: the SQL of a plan, the JSON of a record, a mail
//	load        read stored data into memory: all collections, a row, a field of a row
//	publish     make a new snapshot or new settings the current ones
//	append      add at the end: rows of the change log, at the end of a transaction;
//	            elsewhere bytes of a buffer, as Go's append
//	observe     be called with each change before its write is acknowledged
//	subscribe   receive changes later, in their order, with a token to go on from
//	bind        tie together: a handler to a hook, a service to a transaction, a value to a
//	            parameter, in package viewquery a name to its column
//	request     (of a loop) ask for a round of work without waiting for it
//	release     give memory or a slot back to its pool
//	forget      drop an entry from a cache
package core
