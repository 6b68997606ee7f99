// Reading one number.

package store

// Number runs a query of one number and returns it, 0 if the query has no row.
func Number(r Reader, sql string, args ...Value) (n int64, err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		n = rows.Int(0)
	}
	return n, rows.Close()
}
