package auth

import (
	"context"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/record"
)

// FileToken returns a token that opens protected files and backups as the caller, in a URL. A
// guest gets an Unauthenticated fault; the error of a Files.Token hook is returned.
func (s *Service) FileToken(caller record.Caller) (string, error) {
	if caller.Auth == nil {
		return "", errGuest()
	}
	if err := s.runFileTokenHooks(caller); err != nil {
		return "", err
	}
	return s.NewToken(caller.Auth, Token{Type: File})
}

// runFileTokenHooks runs the Files.Token hooks. An error refuses the token.
func (s *Service) runFileTokenHooks(caller record.Caller) error {
	c := caller.Auth.Collection()
	call := hook.Call{Name: "hook file token", Limit: s.app.Config.HookLimit}
	return s.app.Hooks().Files.Token.Run(context.Background(), call, &core.FileTokenEvent{Caller: caller}, c.ID, c.Name)
}
