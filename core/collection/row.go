// The table _collections: one row per collection, in the order of their creation, decoded
// from and encoded to schema.Collection.

package collection

import (
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// rowColumns are the columns of _collections in the order of readRows and rowValues.
const rowColumns = `"id", "system", "type", "name", "fields", "indexes", ` +
	`"listRule", "viewRule", "createRule", "updateRule", "deleteRule", "options", "created", "updated"`

// readRows reads every collection, in the order of creation.
func (s *Service) readRows(r store.Reader) (list []*schema.Collection, err error) {
	rows, err := r.Query(`SELECT ` + rowColumns + ` FROM "_collections" ORDER BY "_rowid_"`)
	if err != nil {
		return nil, fmt.Errorf("read collections: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		c := &schema.Collection{
			ID: rows.Text(0), System: rows.Bool(1), Type: rows.Text(2), Name: rows.Text(3),
			ListRule: nullable(rows, 6), ViewRule: nullable(rows, 7), CreateRule: nullable(rows, 8),
			UpdateRule: nullable(rows, 9), DeleteRule: nullable(rows, 10),
			Created: rows.Text(12), Updated: rows.Text(13),
		}
		if err := c.LoadJSON(rows.Bytes(4), rows.Bytes(5), rows.Bytes(11)); err != nil {
			return nil, err
		}
		if c.Auth != nil {
			if err := unseal(c, rows.Bytes(11), s.sealer()); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// nullable returns a rule column: nil for NULL, which allows only superusers.
func nullable(rows store.Rows, col int) *string {
	if rows.Kind(col) == store.KindNull {
		return nil
	}
	s := rows.Text(col)
	return &s
}

// orNull returns the column value of a rule, the reverse of nullable.
func orNull(rule *string) store.Value {
	if rule == nil {
		return store.Null
	}
	return store.Text(*rule)
}

// rowValues returns the values of rowColumns for a collection.
func (s *Service) rowValues(c *schema.Collection) ([]store.Value, error) {
	fields, err := c.FieldsJSON()
	if err != nil {
		return nil, err
	}
	indexes, err := c.IndexesJSON()
	if err != nil {
		return nil, err
	}
	options, err := s.optionsJSON(c)
	if err != nil {
		return nil, err
	}
	return []store.Value{store.Text(c.ID), store.Bool(c.System), store.Text(c.Type), store.Text(c.Name),
		store.Text(string(fields)), store.Text(string(indexes)),
		orNull(c.ListRule), orNull(c.ViewRule), orNull(c.CreateRule), orNull(c.UpdateRule), orNull(c.DeleteRule),
		store.Text(string(options)), store.Text(c.Created), store.Text(c.Updated)}, nil
}

// optionsJSON returns the stored form of the options.
func (s *Service) optionsJSON(c *schema.Collection) ([]byte, error) {
	if with := s.sealer(); with != nil && c.Auth != nil {
		return sealed(c, with)
	}
	return c.OptionsJSON()
}

// insertRow adds the row of a new collection.
func (s *Service) insertRow(tx store.Tx, c *schema.Collection) error {
	values, err := s.rowValues(c)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO "_collections" (`+rowColumns+`) `+
		`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, values...)
	return err
}

// updateRow replaces the row of the collection's id.
func (s *Service) updateRow(tx store.Tx, c *schema.Collection) error {
	values, err := s.rowValues(c)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE "_collections" SET "system" = $2, "type" = $3, "name" = $4, "fields" = $5, "indexes" = $6, `+
		`"listRule" = $7, "viewRule" = $8, "createRule" = $9, "updateRule" = $10, "deleteRule" = $11, `+
		`"options" = $12, "created" = $13, "updated" = $14 WHERE "id" = $1`, values...)
	return err
}

// deleteRow deletes the row. The caller must drop its table.
func deleteRow(tx store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM "_collections" WHERE "id" = $1`, store.Text(id))
	return err
}
