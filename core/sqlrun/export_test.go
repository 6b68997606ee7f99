package sqlrun

// Judge runs the review on all statements of a query, without a database.
func Judge(query string) {
	for _, nested := range []bool{true, false} {
		for _, statement := range statements(query, nested) {
			wholes(statement)
		}
	}
}
