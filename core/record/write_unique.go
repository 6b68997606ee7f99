// Violations of unique indexes as faults of fields.

package record

import (
	"errors"
	"slices"
	"strings"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/sqlindex"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// uniqueFault turns the violation of a unique index into the fault of the fields that
// the index covers, and a value that an index cannot hold into that of the fields of the
// index. Other errors stay as they are.
func uniqueFault(err error, c *schema.Collection, message string) error {
	var long *store.TooLongError
	if errors.As(err, &long) {
		return &fault.Error{Kind: fault.Invalid, Message: message, Fields: tooLong(c, long.Index), Err: err}
	}
	var violation *store.UniqueError
	if !errors.As(err, &violation) {
		return err
	}
	fails := fault.Fields{}
	for _, column := range violation.Columns {
		if c.Field(column) != nil {
			fails[column] = fault.Leaf("validation_not_unique", "Value must be unique")
		}
	}
	if len(fails) == 0 {
		fails = uniqueExpression(c, violation.Index)
	}
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: fails, Err: err}
}

// uniqueExpression is what uniqueFault says of the fields in the expressions of an index,
// of which the engines name no columns.
func uniqueExpression(c *schema.Collection, index string) fault.Fields {
	fails := fault.Fields{}
	for _, ix := range c.ParsedIndexes() {
		if !strings.EqualFold(ix.Name, index) {
			continue
		}
		for _, f := range c.Fields {
			if slices.ContainsFunc(ix.Columns, func(k store.IndexColumn) bool { return sqlindex.Mentions(k.Name, f.Name) }) {
				fails[f.Name] = fault.Leaf("validation_not_unique", "Value must be unique")
			}
		}
	}
	return fails
}

// tooLong says of the fields of an index that a value is too long for it. Without a name
// it is one of all indexes.
func tooLong(c *schema.Collection, index string) fault.Fields {
	fails := fault.Fields{}
	for _, ix := range c.ParsedIndexes() {
		if index != "" && ix.Name != index {
			continue
		}
		for _, column := range ix.Columns {
			if f := c.Field(column.Name); f != nil && (f.Kind.Column() == store.ColumnText || f.Kind.Column() == store.ColumnJSON) {
				fails[f.Name] = fault.Leaf("validation_too_long_for_index", "The value is too long for an index of this database")
			}
		}
	}
	return fails
}
