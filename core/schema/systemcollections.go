package schema

import "github.com/loambase/loam/core/internal/store"

// UsersID is the id of the auth collection that a new installation has.
const UsersID = "_pb_users_auth_"

// ownerRule lets the rows be seen by those whose record they refer to.
const ownerRule = `@request.auth.id != '' && recordRef = @request.auth.id && collectionRef = @request.auth.collectionId`

// SystemCollections are the collections that every installation has, in the
// order of their creation, with new secrets; now is the time of their creation.
func SystemCollections(now string) []*Collection {
	externalAuths := referenceCollection(ExternalAuths, now, true,
		requiredText("provider"), requiredText("providerId"))
	externalAuths.addIndex("idx_externalAuths_record_provider", true, "collectionRef", "recordRef", "provider")
	externalAuths.addIndex("idx_externalAuths_collection_provider", true, "collectionRef", "provider", "providerId")

	mfas := referenceCollection(MFAs, now, false, requiredText("method"))
	mfas.addIndex("idx_mfas_collectionRef_recordRef", false, "collectionRef", "recordRef")

	secret := systemField("password", &Password{Cost: 8})
	secret.Hidden, secret.Required = true, true
	sentTo := systemField("sentTo", &Text{})
	sentTo.Hidden = true
	otps := referenceCollection(OTPs, now, false, secret, sentTo)
	otps.addIndex("idx_otps_collectionRef_recordRef", false, "collectionRef", "recordRef")

	origins := referenceCollection(AuthOrigins, now, true, requiredText("fingerprint"))
	origins.addIndex("idx_authOrigins_unique_pairs", true, "collectionRef", "recordRef", "fingerprint")

	return []*Collection{externalAuths, mfas, otps, origins, superusers(now)}
}

func superusers(now string) *Collection {
	c := newCollection(Auth, Superusers, now)
	c.ID = collectionID(c.Type, c.Name, none)
	c.System = true
	c.complete(nil, now)
	c.Fields = append(c.Fields, systemDates()...)
	return c
}

// Users is the auth collection that a new installation has for its people. It is
// an ordinary one and may be changed or deleted.
func Users(now string) *Collection {
	c := newCollection(Auth, "users", now)
	c.ID = UsersID
	c.setSystemFields(nil)
	name := &Field{Name: "name", Kind: &Text{Max: 255}}
	avatar := &Field{Name: "avatar", Kind: &File{MaxSelect: 1, MimeTypes: []string{
		"image/jpeg", "image/png", "image/svg+xml", "image/gif", "image/webp"}}}
	created := &Field{Name: "created", Kind: &Autodate{OnCreate: true}}
	updated := &Field{Name: "updated", Kind: &Autodate{OnCreate: true, OnUpdate: true}}
	for _, f := range []*Field{name, avatar, created, updated} {
		f.ID = fieldID(f.Type(), f.Name, none)
		c.Fields = append(c.Fields, f)
	}
	owner, everybody := "id = @request.auth.id", ""
	c.ListRule, c.ViewRule, c.CreateRule = &owner, clonePointer(&owner), &everybody
	c.UpdateRule, c.DeleteRule = clonePointer(&owner), clonePointer(&owner)
	c.Auth.OAuth2.MappedFields = MappedFields{Name: "name", AvatarURL: "avatar"}
	c.complete(nil, now)
	return c
}

// newCollection is an empty draft of the type with its default options.
func newCollection(kind, name, now string) *Collection {
	c := &Collection{Name: name, Type: kind, Created: now, Updated: now, Indexes: []string{}}
	if kind == Auth {
		c.Auth = newAuthOptions(name)
	}
	return c
}

// referenceCollection is a system collection whose rows belong to auth records.
func referenceCollection(name, now string, deletable bool, fields ...*Field) *Collection {
	c := newCollection(Base, name, now)
	c.ID = collectionID(c.Type, c.Name, none)
	c.System = true
	c.Fields = append([]*Field{requiredText("collectionRef"), requiredText("recordRef")}, fields...)
	c.Fields = append(c.Fields, systemDates()...)
	rule := ownerRule
	c.ListRule, c.ViewRule = &rule, clonePointer(&rule)
	if deletable {
		c.DeleteRule = clonePointer(&rule)
	}
	c.complete(nil, now)
	return c
}

func requiredText(name string) *Field {
	f := systemField(name, &Text{})
	f.Required = true
	return f
}

func systemDates() []*Field {
	return []*Field{
		systemField("created", &Autodate{OnCreate: true}),
		systemField("updated", &Autodate{OnCreate: true, OnUpdate: true}),
	}
}

func (c *Collection) addIndex(name string, unique bool, columns ...string) {
	ix := store.Index{Name: name, Table: c.Name, Unique: unique}
	for _, column := range columns {
		ix.Columns = append(ix.Columns, store.IndexColumn{Name: column})
	}
	c.Indexes = append(c.Indexes, ix.String())
}
