// Package migrations contains the system schema as numbered steps, which core runs. It imports no
// other package of this module: a step is a name, and a function of the interface DB. A step never
// changes after its release.
package migrations

// DB runs the statements of a step, in one transaction.
type DB interface {
	// Exec runs one statement. It replaces words by the syntax of the engine: {text} and {int} by
	// the types of texts and of 64-bit integers, and {serial} by the type of a column of numbers
	// that grow from row to row. {rowid}, before the first column of a table, adds the hidden
	// column "_rowid_", which orders rows by their insertion, if the engine has no such column by
	// itself. {clustered}, at the end of a table, stores the rows in the order of the primary key,
	// if the engine can.
	Exec(sql string) error
}

// Step is one migration. Names sort in the order of the steps.
type Step struct {
	Name string
	Up   func(DB) error
}

// Ledger creates the table of the steps that have run, if it does not exist.
func Ledger(db DB) error {
	return db.Exec(`CREATE TABLE IF NOT EXISTS "_migrations" (
		"file" VARCHAR(255) PRIMARY KEY NOT NULL, "applied" {int} NOT NULL)`)
}

// System returns the steps of the system schema, the oldest first.
func System() []Step {
	return []Step{
		{Name: "0001_system_tables", Up: systemTables},
		{Name: "0002_changes", Up: changes},
		{Name: "0003_jobs", Up: jobs},
		{Name: "0004_removals", Up: removals},
	}
}

// systemTables creates the tables of records.md §9.2: settings and collections. core creates the
// system collections from their definitions.
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

// changes creates the table of the change log (package change).
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

// jobs creates the table of the last runs of jobs (package job). Times are in milliseconds, 0 for
// none.
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

// removals creates the table of files to be removed (package removal). The column due is in
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
