// Running a mutation about an account.

package graphql

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// authenticate runs the call of a plan and returns its result. After a sign-in the result has the
// token, even if the record cannot be read.
func (x *execution) authenticate(ctx context.Context, p *plan) *Result {
	call := p.auth
	x.caller.Method = http.MethodPost
	if err := x.call(ctx, call); err != nil {
		told := x.told(ctx, err)
		told.Path = []any{call.key}
		return &Result{Data: p.nulls(), Errors: []*front.Error{told}}
	}
	if call.response == nil || call.response.Token == "" {
		p.roots = nil
		return x.answer(ctx, p, nil)
	}
	account, err := x.service.cfg.Auth.Authenticate(ctx, call.response.Token)
	x.caller.Auth, x.caller.Method = account, http.MethodGet
	var read []*record.Branch
	if err == nil && account != nil {
		read, err = x.read(ctx, p)
	}
	if err != nil || account == nil {
		p.roots = nil
		result := x.answer(ctx, p, nil)
		if err != nil {
			result.Errors = append(result.Errors, x.told(ctx, err))
		}
		return result
	}
	return x.answer(ctx, p, read)
}

// call calls the auth service.
func (x *execution) call(ctx context.Context, c *authCall) (err error) {
	s := x.service.cfg.Auth
	if method, ok := strings.CutPrefix(c.name, "authWith"); ok {
		m := s.Method(strings.ToLower(method))
		form := m.Form()
		if err := c.form(form); err != nil {
			return err
		}
		mfa, _ := c.args["mfaId"].(string)
		c.response, err = s.SignIn(ctx, x.caller, c.collection, m, form, auth.Options{MFAID: mfa})
		return err
	}
	switch c.name {
	case "authRefresh":
		c.response, err = s.Refresh(ctx, x.caller, c.collection, x.operation.Token, "")
		return err
	case "requestOTP":
		var form auth.EmailForm
		if err := c.form(&form); err != nil {
			return err
		}
		id, err := s.RequestOTP(ctx, x.caller, c.collection, form)
		c.text = schema.AppendString(nil, id)
		return err
	case "requestVerification":
		return flow(ctx, x, c, s.RequestVerification)
	case "confirmVerification":
		return flow(ctx, x, c, s.ConfirmVerification)
	case "requestPasswordReset":
		return flow(ctx, x, c, s.RequestPasswordReset)
	case "confirmPasswordReset":
		return flow(ctx, x, c, s.ConfirmPasswordReset)
	case "requestEmailChange":
		return flow(ctx, x, c, s.RequestEmailChange)
	case "confirmEmailChange":
		return flow(ctx, x, c, s.ConfirmEmailChange)
	}
	return fault.New(fault.NotFound, "")
}

// flow runs an account flow. Its only result is that it has succeeded.
func flow[Form any](ctx context.Context, x *execution, c *authCall, run func(context.Context, record.Caller, string, Form) error) error {
	var form Form
	if err := c.form(&form); err != nil {
		return err
	}
	c.text = []byte("true")
	return run(ctx, x.caller, c.collection, form)
}

// form decodes the arguments in the form of a REST client.
func (c *authCall) form(into any) error {
	text, err := json.Marshal(c.args)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "An error occurred while loading the submitted data.", err)
	}
	return nil
}
