// Signing in and the account flows: fields of Mutation that must be alone in their operation.

package model

// authMutation is a field of Mutation that mirrors an endpoint of REST. Its name is the tag of that
// endpoint.
type authMutation struct {
	name, typeName string
	args           []Argument
}

// authPayload is the type of an answer to a sign-in.
const authPayload = "AuthPayload"

var authMutations = []authMutation{
	{"authWithPassword", authPayload, []Argument{{"identity", "String!"}, {"password", "String!"}, {"identityField", "String"}, {"mfaId", "String"}}},
	{"authWithOTP", authPayload, []Argument{{"otpId", "String!"}, {"password", "String!"}, {"mfaId", "String"}}},
	{"authWithOAuth2", authPayload, []Argument{{"provider", "String!"}, {"code", "String!"}, {"codeVerifier", "String"}, {"redirectURL", "String!"},
		{"createData", "JSON"}, {"mfaId", "String"}}},
	{"authRefresh", authPayload, nil},
	{"requestOTP", "ID", []Argument{{"email", "String!"}}},
	{"requestVerification", "Boolean", []Argument{{"email", "String!"}}},
	{"confirmVerification", "Boolean", []Argument{{"token", "String!"}}},
	{"requestPasswordReset", "Boolean", []Argument{{"email", "String!"}}},
	{"confirmPasswordReset", "Boolean", []Argument{{"token", "String!"}, {"password", "String!"}, {"passwordConfirm", "String!"}}},
	{"requestEmailChange", "Boolean", []Argument{{"newEmail", "String!"}}},
	{"confirmEmailChange", "Boolean", []Argument{{"token", "String!"}, {"password", "String!"}}},
}

// authMutations adds these mutations. No mutation of records has a name with the same beginning.
func (b *builder) authMutations() {
	for _, a := range authMutations {
		m := &Mutation{Name: a.name, Kind: Auth, typeName: a.typeName, args: append([]Argument{{"collection", "String!"}}, a.args...)}
		b.model.Mutations[m.Name] = m
		b.model.changes = append(b.model.changes, m)
	}
}

// authPayload adds the type of the answer to a sign-in.
func (d *definer) authPayload(accounts bool) {
	members := []Member{{Name: "token", Type: "String", Description: "Null if another method is needed, too."}}
	if accounts {
		members = append(members, Member{Name: "record", Type: "AuthRecord", Description: "Of the token, if its collection has a type."})
	}
	d.define(ObjectType, authPayload, "", append(members,
		Member{Name: "mfaId", Type: "String", Description: "To be used with another method."},
		Member{Name: "meta", Type: "JSON", Description: "As OAuth2 tells of the account."}))
}
