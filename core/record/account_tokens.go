// Invalidation of an account's tokens by a new token key.

package record

import "github.com/loambase/loam/core/schema"

// invalidatesTokens reports whether an update must make all tokens of the account invalid, since it
// changes the address or the password. An update that changes the token key makes them invalid
// anyway.
func (w *writeRequest) invalidatesTokens() bool {
	changed := w.changes("email") || w.setsPassword()
	return changed && !w.changes("tokenKey")
}

// changesAccount reports whether a write that is done has changed the address or the password of an
// account.
func (w *writeRequest) changesAccount() bool {
	return w.collection.IsAuth() && w.stored != nil && w.record != nil && w.op.Action != ActionDelete &&
		(w.changes("email") || w.changes("password"))
}

// setsPassword reports whether an account gets a new password.
func (w *writeRequest) setsPassword() bool {
	i := w.collection.FieldIndex("password")
	_, ok := w.input.password(i)
	return ok || w.setByHook(i)
}

// rotateTokenKey gives an account a new token key. Tokens are signed with the token key, so all
// tokens that were issued before become invalid.
func (r *Record) rotateTokenKey() error {
	key, err := generated(r.collection.Field("tokenKey"))
	if err != nil {
		return err
	}
	if key == "" {
		key = schema.RandomString(50, schema.AlphabetToken)
	}
	r.values[r.collection.FieldIndex("tokenKey")] = key
	return nil
}
