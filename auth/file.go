package auth

import (
	"context"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// FileToken returns a token that opens protected files and backups as the caller, in a URL. A
// guest gets an Unauthenticated fault; the error of a Files.Token hook is returned.
func (s *Service) FileToken(caller record.Caller) (string, error) {
	if caller.Auth == nil {
		return "", fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	}
	if err := s.runFileTokenHooks(caller); err != nil {
		return "", err
	}
	return s.NewToken(caller.Auth, Token{Type: File})
}

// runFileTokenHooks runs the Files.Token hooks. An error refuses the token.
func (s *Service) runFileTokenHooks(caller record.Caller) error {
	h, c := &s.app.Hooks().Files.Token, caller.Auth.Collection()
	if !h.Bound(c.ID, c.Name) {
		return nil
	}
	e := &core.FileTokenEvent{Caller: caller}
	return hook.Within(context.Background(), "hook file token", s.app.Config.HookLimit, func(ctx context.Context) error {
		e.Context = ctx
		return h.Trigger(e, func() error { return nil }, c.ID, c.Name)
	})
}
