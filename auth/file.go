package auth

import (
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// FileToken returns a token by which the caller opens protected files and backups in a URL.
// A guest gets an Unauthenticated fault.
func (s *Service) FileToken(caller record.Caller) (string, error) {
	if caller.Auth == nil {
		return "", fault.New(fault.Unauthenticated, "The request requires valid record authorization token.")
	}
	return s.NewToken(caller.Auth, Token{Type: File})
}
