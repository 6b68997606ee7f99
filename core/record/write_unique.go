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

// uniqueFault returns the fault for an error of the store: for the violation of a unique index, a
// fault of the fields that the index covers; for a value that is too long for an index, a fault of
// the fields of the index. Other errors are returned unchanged.
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

// uniqueExpression returns the failures of the fields in the expressions of a unique index, whose
// columns the engines do not name.
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

// tooLong returns the failures of the fields of an index for a value that is too long for it. If
// the name is "", the index may be any index of the collection.
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
