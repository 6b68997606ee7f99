// Reading one column of texts.

package store

// Texts runs a query of one column and returns its values.
func Texts(r Reader, sql string, args ...Value) (list []string, err error) {
	rows, err := r.Query(sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		list = append(list, rows.Text(0))
	}
	return list, rows.Close()
}
