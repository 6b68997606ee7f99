// Visibility: hidden fields, and e-mail addresses that a caller may see.

package record

import (
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// This file alone decides which fields a caller sees.
//
//	hidden fields                 superusers
//	password, tokenKey of auth    nobody
//	values of password fields     nobody: "" stands for them
//	email of auth                 everybody, if emailVisibility is set; else superusers,
//	                              the account itself, and callers who satisfy its manageRule

// Visible reports whether records of the collection show the field at all, to superusers or to all
// other callers.
func Visible(c *schema.Collection, f *schema.Field, superuser bool) bool {
	if c.IsAuth() && (f.Name == "password" || f.Name == "tokenKey") {
		return false
	}
	return superuser || !f.Hidden
}

// flags returns the expressions that a read of these records must evaluate for each row.
func (p *projection) flags(c Caller) []string {
	if p.manage == "" || c.Auth == nil {
		return nil
	}
	return []string{p.manage}
}

// showsEmail reports whether the record in the row shows its email to the caller. The
// row holds p.columns and, after them, p.flags.
func (p *projection) showsEmail(rows store.Rows, c Caller) bool {
	if !p.guarded || p.visibility >= 0 && rows.Bool(p.visibility) {
		return true
	}
	if c.Auth == nil {
		return false
	}
	own := c.idIn(p.collection)
	return own != "" && own == string(rows.Bytes(0)) || p.manage != "" && rows.Bool(len(p.columns))
}

// showsEmailOf reports whether a record shows its email to the caller; managed is the value of its
// flag.
func (p *projection) showsEmailOf(r *Record, c Caller, managed bool) bool {
	own := c.idIn(p.collection)
	return !p.guarded || r.Bool("emailVisibility") || managed || own != "" && own == r.ID()
}
