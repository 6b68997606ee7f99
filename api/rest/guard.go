package rest

import "github.com/loambase/loam/core/fault"

// superusers lets only superusers through.
func superusers(e endpoint) endpoint {
	return func(c *call) error {
		if c.caller.Auth == nil {
			return fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
		}
		if !c.caller.Superuser() {
			return fault.New(fault.Forbidden, "The authorized record is not allowed to perform this action.")
		}
		return e(c)
	}
}
