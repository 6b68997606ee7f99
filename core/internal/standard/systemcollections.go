// The system collections of an installation (_superusers, _externalAuths, _mfas, _otps,
// _authOrigins) and its first collection, users.

package standard

import (
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// UsersID is the id of the auth collection of a new installation.
const UsersID = "_pb_users_auth_"

// ownerRule allows accounts to see the rows that refer to them.
const ownerRule = `@request.auth.id != '' && recordRef = @request.auth.id && collectionRef = @request.auth.collectionId`

// SystemCollections returns the collections of every installation, in the order of their
// creation, with new secrets. now is the time of creation.
func SystemCollections(now string) []*schema.Collection {
	externalAuths := referenceCollection(schema.ExternalAuths, now, true,
		requiredText("provider"), requiredText("providerId"))
	addIndex(externalAuths, "idx_externalAuths_record_provider", true, "collectionRef", "recordRef", "provider")
	addIndex(externalAuths, "idx_externalAuths_collection_provider", true, "collectionRef", "provider", "providerId")

	mfas := referenceCollection(schema.MFAs, now, false, requiredText("method"))
	addIndex(mfas, "idx_mfas_collectionRef_recordRef", false, "collectionRef", "recordRef")

	secret := systemField("password", &schema.Password{Cost: 8})
	secret.Hidden, secret.Required = true, true
	sentTo := systemField("sentTo", &schema.Text{})
	sentTo.Hidden = true
	otps := referenceCollection(schema.OTPs, now, false, secret, sentTo)
	addIndex(otps, "idx_otps_collectionRef_recordRef", false, "collectionRef", "recordRef")

	origins := referenceCollection(schema.AuthOrigins, now, true, requiredText("fingerprint"))
	addIndex(origins, "idx_authOrigins_unique_pairs", true, "collectionRef", "recordRef", "fingerprint")

	return []*schema.Collection{externalAuths, mfas, otps, origins, superusers(now)}
}

// superusers returns the auth collection of superusers. Its rules are nil: only superusers
// may use it.
func superusers(now string) *schema.Collection {
	c := newCollection(schema.Auth, schema.Superusers, now)
	c.ID = CollectionID(c.Type, c.Name, nil)
	c.System = true
	setAuthIndexes(c, foldCase)
	Complete(c, nil, now)
	c.Fields = append(c.Fields, systemDates()...)
	return c
}

// Users returns the auth collection for the people of a new installation. It is an ordinary
// collection, which may be changed or deleted.
func Users(now string) *schema.Collection {
	c := newCollection(schema.Auth, "users", now)
	c.ID = UsersID
	setSystemFields(c, nil)
	name := &schema.Field{Name: "name", Kind: &schema.Text{Max: 255}}
	avatar := &schema.Field{Name: "avatar", Kind: &schema.File{MaxSelect: 1, MimeTypes: []string{
		"image/jpeg", "image/png", "image/svg+xml", "image/gif", "image/webp"}}}
	created := &schema.Field{Name: "created", Kind: &schema.Autodate{OnCreate: true}}
	updated := &schema.Field{Name: "updated", Kind: &schema.Autodate{OnCreate: true, OnUpdate: true}}
	for _, f := range []*schema.Field{name, avatar, created, updated} {
		f.ID = FieldID(f.Type(), f.Name, nil)
		c.Fields = append(c.Fields, f)
	}
	const owner = "id = @request.auth.id"
	everybody := ""
	c.ListRule, c.ViewRule, c.CreateRule = new(owner), new(owner), &everybody
	c.UpdateRule, c.DeleteRule = new(owner), new(owner)
	setAuthIndexes(c, foldCase)
	c.Auth.OAuth2.MappedFields = schema.MappedFields{Name: "name", AvatarURL: "avatar"}
	Complete(c, nil, now)
	return c
}

// newCollection returns an empty draft of the type with its default options.
func newCollection(kind, name, now string) *schema.Collection {
	c := &schema.Collection{Name: name, Type: kind, Created: now, Updated: now, Indexes: []string{}}
	if kind == schema.Auth {
		c.Auth = schema.NewAuthOptions(name)
	}
	return c
}

// referenceCollection returns a system collection whose rows belong to accounts, by
// collection and record id. deletable says that accounts may delete their own rows.
func referenceCollection(name, now string, deletable bool, fields ...*schema.Field) *schema.Collection {
	c := newCollection(schema.Base, name, now)
	c.ID = CollectionID(c.Type, c.Name, nil)
	c.System = true
	c.Fields = append([]*schema.Field{requiredText("collectionRef"), requiredText("recordRef")}, fields...)
	c.Fields = append(c.Fields, systemDates()...)
	c.ListRule, c.ViewRule = new(ownerRule), new(ownerRule)
	if deletable {
		c.DeleteRule = new(ownerRule)
	}
	Complete(c, nil, now)
	return c
}

func requiredText(name string) *schema.Field {
	f := systemField(name, &schema.Text{})
	f.Required = true
	return f
}

func systemDates() []*schema.Field {
	return []*schema.Field{
		systemField("created", &schema.Autodate{OnCreate: true}),
		systemField("updated", &schema.Autodate{OnCreate: true, OnUpdate: true}),
	}
}

func addIndex(c *schema.Collection, name string, unique bool, columns ...string) {
	ix := store.Index{Name: name, Table: c.Name, Unique: unique}
	for _, column := range columns {
		ix.Columns = append(ix.Columns, store.IndexColumn{Name: column})
	}
	c.Indexes = append(c.Indexes, ix.String())
}
