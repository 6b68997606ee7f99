// Package migrations holds the system schema as numbered steps. It imports
// nothing of ours: a step is a name and a function over the small interface
// declared here, and core runs it. A step that has been released never changes.
package migrations

// DB is what a step may do: it runs inside one transaction.
type DB interface {
	// Exec runs one statement. In it some words stand for what the engines spell
	// differently: {text} and {int} for the types of texts and of 64-bit integers,
	// and {rowid}, before the first column of a table, for the hidden column
	// "_rowid_", in the order of which rows were inserted, where the engine needs
	// to be told to have one; {serial} for the type of a column of numbers that grow
	// from row to row, and {clustered}, at the end of a table, for keeping the rows in
	// the order of the primary key, where the engine can.
	Exec(sql string) error
}

// Step is one migration. Names sort in the order of the steps.
type Step struct {
	Name string
	Up   func(DB) error
}

// Ledger makes the table that remembers which steps have run. Idempotent.
func Ledger(db DB) error {
	return db.Exec(`CREATE TABLE IF NOT EXISTS "_migrations" (
		"file" VARCHAR(255) PRIMARY KEY NOT NULL, "applied" {int} NOT NULL)`)
}

// System is every step of the system schema, oldest first.
func System() []Step {
	return []Step{
		{Name: "0001_system_tables", Up: systemTables},
		{Name: "0002_changes", Up: changes},
		{Name: "0003_jobs", Up: jobs},
		{Name: "0004_removals", Up: removals},
	}
}

// systemTables are the tables of records.md §9.2: settings and collections. The
// system collections themselves are made by core from their definitions.
func systemTables(db DB) error {
	for _, sql := range []string{
		`CREATE TABLE "_params" ({rowid}
			"id" {text} PRIMARY KEY NOT NULL,
			"value" JSON DEFAULT NULL,
			"created" {text} DEFAULT '' NOT NULL,
			"updated" {text} DEFAULT '' NOT NULL)`,
		`CREATE TABLE "_collections" ({rowid}
			"id" {text} PRIMARY KEY NOT NULL,
			"system" BOOLEAN DEFAULT FALSE NOT NULL,
			"type" {text} DEFAULT 'base' NOT NULL,
			"name" {text} UNIQUE NOT NULL,
			"fields" JSON DEFAULT '[]' NOT NULL,
			"indexes" JSON DEFAULT '[]' NOT NULL,
			"listRule" {text} DEFAULT NULL,
			"viewRule" {text} DEFAULT NULL,
			"createRule" {text} DEFAULT NULL,
			"updateRule" {text} DEFAULT NULL,
			"deleteRule" {text} DEFAULT NULL,
			"options" JSON DEFAULT '{}' NOT NULL,
			"created" {text} DEFAULT '' NOT NULL,
			"updated" {text} DEFAULT '' NOT NULL)`,
		`CREATE INDEX "idx__collections_type" ON "_collections" ("type")`,
	} {
		if err := db.Exec(sql); err != nil {
			return err
		}
	}
	return nil
}

// changes is the table of the change log (package change).
func changes(db DB) error {
	return db.Exec(`CREATE TABLE "_changes" (
		"seq" {serial} NOT NULL,
		"n" {int} NOT NULL,
		"kind" {text} NOT NULL,
		"collection" {text} NOT NULL,
		"record" {text} NOT NULL,
		"action" {text} NOT NULL,
		"before" {text},
		"by" {text} NOT NULL,
		"node" {text} NOT NULL,
		"at" {int} NOT NULL,
		PRIMARY KEY ("seq", "n")) {clustered}`)
}

// jobs is the table of the last runs of jobs (package job). Times are milliseconds, 0 for none.
func jobs(db DB) error {
	return db.Exec(`CREATE TABLE "_jobs" (
		"id" {text} PRIMARY KEY NOT NULL,
		"expression" {text} NOT NULL,
		"slot" {int} NOT NULL,
		"node" {text} NOT NULL,
		"started" {int} NOT NULL,
		"until" {int} NOT NULL,
		"failure" {text} NOT NULL)`)
}

// removals is the table of files that are to be removed (package removal). due is in
// milliseconds.
func removals(db DB) error {
	for _, sql := range []string{
		`CREATE TABLE "_removals" (
			"id" {text} PRIMARY KEY NOT NULL,
			"folder" {text} NOT NULL,
			"names" {text} NOT NULL,
			"rest" {int} NOT NULL,
			"upload" {int} NOT NULL,
			"due" {int} NOT NULL)`,
		`CREATE INDEX "idx__removals_due" ON "_removals" ("due")`,
		`CREATE INDEX "idx__removals_upload" ON "_removals" ("folder") WHERE "upload" = 1`,
	} {
		if err := db.Exec(sql); err != nil {
			return err
		}
	}
	return nil
}
