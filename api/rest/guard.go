package rest

// superusers lets only superusers through.
func superusers(e endpoint) endpoint {
	return func(c *call) error {
		if err := c.caller.RequireSuperuser(); err != nil {
			return err
		}
		return e(c)
	}
}
