package record

import (
	"errors"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// uniqueFault turns the violation of a unique index into the fault of the fields that
// the index covers. Other errors stay as they are.
func uniqueFault(err error, c *schema.Collection, message string) error {
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
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: fails, Err: err}
}
