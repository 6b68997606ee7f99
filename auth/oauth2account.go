package auth

import (
	"context"
	"strings"

	"github.com/loambase/loam/auth/provider"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// entry is a sign-in of a person whom a provider has confirmed.
type entry struct {
	*Service
	caller     record.Caller
	collection *schema.Collection
	provider   string
	user       *provider.User
	password   string // random, of a new account or of an account whose password must end
}

// enter finds or creates the person's account, and links it to the provider.
func (m oauth2s) enter(ctx context.Context, a Attempt, user *provider.User) (Proof, error) {
	form := a.Form.(*OAuth2Form)
	e := &entry{Service: m.Service, caller: a.Caller, collection: a.Collection, provider: form.Provider, user: user, password: randomPassword(a.Collection)}
	if form.Provider == "apple" && user.Name == "" {
		user.Name, _ = m.appleUser.take(form.Code, m.app.Now()) // sent only once, beside the code
	}
	known, err := e.find(ctx, m.app.Records())
	if err != nil {
		return Proof{}, err
	}
	if form.CreateData == nil {
		form.CreateData = map[string]any{} // so that handlers can write to it
	}
	event := &OAuth2Event{Caller: a.Caller, Provider: form.Provider, User: user, Record: known, CreateData: form.CreateData, collection: a.Collection}
	var proof Proof
	err = m.hooks.OAuth2.Around(ctx, event, func() (err error) {
		proof, err = e.apply(ctx, event)
		return err
	}, a.Collection.ID, a.Collection.Name)
	if err == nil && proof.Record == nil { // a handler has swallowed the error
		err = errFailed("the hooks have let nobody in")
	}
	return proof, err
}

// apply applies the result of the hooks: it links the account that they have set, or the existing
// account, or creates one. Of several concurrent sign-ins of a new person the first creates the
// account, and the others find it.
func (e *entry) apply(ctx context.Context, event *OAuth2Event) (proof Proof, err error) {
	e.user = event.User
	account := record.Input{Password: e.password}
	if event.Record == nil {
		if account, err = e.newAccount(ctx, event.CreateData); err != nil {
			return Proof{}, err
		}
	}
	made := false
	var r *record.Record
	err = e.app.Transaction(ctx, func(tx *core.Tx) error {
		known, err := e.current(tx, event.Record)
		if err != nil {
			return err
		}
		if made = known == nil; made {
			r, err = e.create(tx, account)
		} else {
			r, err = e.adopt(tx, known)
		}
		if err != nil {
			return err
		}
		return e.link(tx, r)
	})
	if err != nil {
		return Proof{}, err
	}
	return Proof{Record: r, Meta: newMeta(e.user, made)}, nil
}

// find returns the account of the person, nil if there is none: the one that is linked,
// else the one that has signed in, else the one that has the address which the service
// has verified.
func (e *entry) find(ctx context.Context, records *record.Service) (*record.Record, error) {
	link, err := e.findLink(ctx, records)
	if err != nil {
		return nil, err
	}
	if link != nil {
		r, err := records.FindByID(ctx, e.collection.ID, link.Text("recordRef"))
		if fault.KindOf(err) != fault.NotFound {
			return r, err
		}
	}
	if own := e.caller.Auth; own != nil && own.Collection().ID == e.collection.ID {
		return records.FindByID(ctx, e.collection.ID, own.ID())
	}
	if e.user.Email == "" {
		return nil, nil
	}
	return findByEmail(ctx, records, e.collection, e.user.Email)
}

// findLink returns the row that links an account to the person, nil if there is none.
func (e *entry) findLink(ctx context.Context, records *record.Service) (*record.Record, error) {
	found, err := records.Find(ctx, record.Root(), record.Query{
		Collection: schema.ExternalAuths, Filter: "collectionRef = {:collection} && provider = {:provider} && providerId = {:id}", Limit: 1,
		Params: map[string]any{"collection": e.collection.ID, "provider": e.provider, "id": e.user.ID},
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// current returns the account in the transaction: the account that hooks have set, else the account
// that is found.
func (e *entry) current(tx *core.Tx, decided *record.Record) (*record.Record, error) {
	if decided == nil {
		return e.find(tx.Context, tx.Records)
	}
	if decided.Collection().ID != e.collection.ID {
		return nil, errFailed("the hooks have decided for a record of another collection")
	}
	r, err := tx.Records.FindByID(tx.Context, e.collection.ID, decided.ID())
	return r, gone(err, errFailed("the record is gone"))
}

// adopt gives an existing account to the person. If its address was not verified, somebody else may
// have created the account in wait for the owner of the address: then its password and links are
// removed.
func (e *entry) adopt(tx *core.Tx, r *record.Record) (*record.Record, error) {
	email, verified := r.Text("email"), r.Bool("verified")
	in := record.Input{Body: map[string]any{}}
	if email == "" && e.user.Email != "" {
		in.Body["email"] = e.user.Email
	}
	if !verified && (email == "" || e.isEmail(email)) {
		in.Body["verified"] = true
	}
	if !verified && !e.isCaller(r) {
		in.Password = e.password
	}
	if len(in.Body) > 0 || in.Password != "" {
		var err error
		if r, err = tx.Records.Update(tx.Context, record.Root(), e.collection.ID, r.ID(), in); err != nil {
			return nil, err
		}
	}
	if verified {
		return r, nil
	}
	_, err := tx.Records.DeleteWhere(tx.Context, record.Root(), schema.ExternalAuths, "collectionRef = {:collection} && recordRef = {:record}",
		map[string]any{"collection": e.collection.ID, "record": r.ID()})
	return r, err
}

// isEmail reports whether the address equals that of the provider. The collection decides whether
// letter case counts.
func (e *entry) isEmail(address string) bool {
	return address == e.user.Email || e.collection.FoldsCase("email") && strings.EqualFold(address, e.user.Email)
}

// isCaller reports whether the record is the account of the caller, who has signed in already.
func (e *entry) isCaller(r *record.Record) bool {
	own := e.caller.Auth
	return own != nil && own.Collection().ID == r.Collection().ID && own.ID() == r.ID()
}

// link stores the link between the account and the person, if it is not stored yet.
func (e *entry) link(tx *core.Tx, r *record.Record) error {
	known, err := e.findLink(tx.Context, tx.Records)
	if err != nil {
		return err
	}
	if known != nil && known.Text("recordRef") == r.ID() {
		return nil
	}
	if known != nil { // the linked account is deleted, or hooks have set another one
		if err := tx.Records.Delete(tx.Context, record.Root(), schema.ExternalAuths, known.ID()); err != nil {
			return err
		}
	}
	_, err = tx.Records.Create(tx.Context, record.Root(), schema.ExternalAuths, record.Input{Body: map[string]any{
		"collectionRef": e.collection.ID, "recordRef": r.ID(), "provider": e.provider, "providerId": e.user.ID,
	}})
	if fault.KindOf(err) == fault.Invalid {
		return fault.Wrap(fault.Invalid, "The account is linked to somebody else at this provider.", err)
	}
	return err
}
