package auth

import (
	"context"
	"fmt"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// ImpersonateForm holds the duration of the token.
type ImpersonateForm struct {
	Duration int64 `json:"duration"` // seconds; 0: the duration of the collection
}

// maxImpersonation is the maximum duration of a token in seconds, as in collections.
const maxImpersonation = 94670856

// Impersonate returns a token of the record that cannot be refreshed, as if the record had signed
// in. A caller who is not a superuser gets the fault of record.Caller.RequireSuperuser. The fault
// is NotFound for a record that does not exist.
func (s *Service) Impersonate(ctx context.Context, caller record.Caller, collection, id string, form ImpersonateForm, expand string) (*Response, error) {
	if err := caller.RequireSuperuser(); err != nil {
		return nil, err
	}
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	fails := fault.Fields{}
	switch {
	case form.Duration < 0:
		fails.Set(fault.Leaf("validation_min_greater_equal_than_required", "Must be no less than 0", "threshold", 0), "duration")
	case form.Duration > maxImpersonation:
		fails.Set(fault.Leaf("validation_max_less_equal_than_required",
			fmt.Sprintf("Must be no greater than %d", maxImpersonation), "threshold", maxImpersonation), "duration")
	}
	if err := formFault(fails); err != nil {
		return nil, err
	}
	r, err := s.app.Records().FindByID(ctx, c.ID, id)
	if err != nil {
		return nil, err
	}
	if err := s.admit(ctx, caller, r, "impersonate"); err != nil {
		return nil, err
	}
	refreshable := false
	token, err := newTokenFor(r, claims{Type: Auth, Refreshable: &refreshable}, s.app.Now(), seconds(form.Duration))
	if err != nil {
		return nil, err
	}
	return s.respond(ctx, caller, r, token, expand)
}
