package rest

import (
	"context"

	"github.com/loambase/loam/core/record"
)

// flow decodes the form of an account flow and answers 204.
func flow[Form any](c *call, run func(context.Context, record.Caller, string, Form) error) error {
	var form Form
	if err := c.decode(&form); err != nil {
		return err
	}
	return c.done(run(c.r.Context(), c.Caller, c.collection(), form))
}

func (a *API) requestVerification(c *call) error  { return flow(c, a.auth.RequestVerification) }
func (a *API) confirmVerification(c *call) error  { return flow(c, a.auth.ConfirmVerification) }
func (a *API) requestPasswordReset(c *call) error { return flow(c, a.auth.RequestPasswordReset) }
func (a *API) confirmPasswordReset(c *call) error { return flow(c, a.auth.ConfirmPasswordReset) }
func (a *API) requestEmailChange(c *call) error   { return flow(c, a.auth.RequestEmailChange) }
func (a *API) confirmEmailChange(c *call) error   { return flow(c, a.auth.ConfirmEmailChange) }
