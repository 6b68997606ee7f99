package alter

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/standard"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// noBadRules checks a rule and refuses only the rule "bad".
func noBadRules(_ *schema.Collection, rule string) error {
	if rule == "bad" {
		return errors.New("no such thing")
	}
	return nil
}

func checkCodes(t *testing.T, name string, got, want map[string]string) {
	t.Helper()
	for path, code := range want {
		if got[path] != code {
			t.Errorf("%s: %q = %q, want %q (all: %v)", name, path, got[path], code, got)
		}
	}
	for path, code := range got {
		if want[path] == "" {
			t.Errorf("%s: unexpected %s at %q", name, code, path)
		}
	}
}

func TestValidateNewCollection(t *testing.T) {
	posts := decodeNew(t, `{"name":"Posts","id":"posts_id","indexes":["create index taken on x (id)"]}`)
	stats := &schema.Collection{ID: "stats_id", Name: "stats", Type: schema.View}
	s := schema.NewSnapshot(1, []*schema.Collection{posts, stats})
	names := []store.CatalogName{{Kind: "table", Name: "_params"}, {Kind: "index", Name: "taken", Table: "Posts"}}
	long := strings.Repeat("x", 64)
	for name, c := range map[string]struct {
		body string
		want map[string]string
	}{
		"nothing": {`{}`, map[string]string{"name": "validation_required"}},
		"good":    {`{"name":"good","fields":[{"name":"rel","type":"relation","collectionId":"posts_id"}]}`, nil},
		"view":    {`{"name":"v","type":"view"}`, map[string]string{"fields": "validation_required", "viewQuery": "validation_required"}},
		"view with more": {`{"name":"v","type":"view","listRule":"","createRule":"","updateRule":"bad","deleteRule":"x","indexes":["create index i on v (id)"],"viewQuery":"x"}`, map[string]string{"fields": "validation_required",
			"createRule": "validation_nil", "updateRule": "validation_nil", "deleteRule": "validation_nil", "indexes": "validation_indexes_not_supported"}},
		"odd index":              {`{"name":"odd","indexes":["create index [i'j] on odd (id)"]}`, map[string]string{"indexes.0": "validation_invalid_index_expression"}},
		"unknown type":           {`{"name":"v","type":"x"}`, map[string]string{"type": "validation_in_invalid"}},
		"id":                     {`{"name":"a","id":"no way"}`, map[string]string{"id": "validation_match_invalid"}},
		"id length":              {`{"name":"a","id":"` + strings.Repeat("i", 101) + `"}`, map[string]string{"id": "validation_length_out_of_range"}},
		"id is a name":           {`{"name":"a","id":"posts"}`, map[string]string{"id": "validation_invalid_or_existing_id"}},
		"id taken":               {`{"name":"a","id":"posts_id"}`, map[string]string{"id": "validation_invalid_or_existing_id"}},
		"name length":            {`{"name":"` + long + `"}`, map[string]string{"name": "validation_length_too_long"}},
		"name via":               {`{"name":"a_Via_b"}`, map[string]string{"name": "validation_found_via"}},
		"name format":            {`{"name":"a-b"}`, map[string]string{"name": "validation_match_invalid"}},
		"name injection":         {`{"name":"a\"; drop table x"}`, map[string]string{"name": "validation_match_invalid"}},
		"name exists":            {`{"name":"pOSTS"}`, map[string]string{"name": "validation_collection_name_exists"}},
		"name is an id":          {`{"name":"posts_id"}`, map[string]string{"name": "validation_collection_name_id_duplicate"}},
		"name internal":          {`{"name":"_PARAMS"}`, map[string]string{"name": "validation_collection_name_invalid"}},
		"name of an index":       {`{"name":"taken"}`, map[string]string{"name": "validation_collection_name_invalid"}},
		"name of the engine":     {`{"name":"sqlite_stat1"}`, map[string]string{"name": "validation_collection_name_invalid"}},
		"keyword":                {`{"name":"select","fields":[{"name":"from","type":"text"}]}`, nil},
		"rules":                  {`{"name":"a","listRule":"bad","viewRule":"","createRule":"fine"}`, map[string]string{"listRule": "validation_invalid_rule"}},
		"duplicate field name":   {`{"name":"a","fields":[{"name":"x","type":"text","id":"1"},{"name":"X","type":"text","id":"2"}]}`, map[string]string{"fields.2.name": "validation_duplicated_field_name"}},
		"key of another type":    {`{"name":"a","fields":[{"name":"id","type":"number"}]}`, map[string]string{"fields": "validation_missing_primary_key"}},
		"second key":             {`{"name":"a","fields":[{"name":"k","type":"text","primaryKey":true,"pattern":"x"}]}`, map[string]string{"fields.0.primaryKey": "validation_unsupported_composite_pk", "fields.1.name": "validation_in_invalid", "fields.1.primaryKey": "validation_unsupported_composite_pk"}},
		"field name":             {`{"name":"a","fields":[{"name":"","type":"bool"},{"name":"a b","type":"bool"},{"name":"` + long + `","type":"bool"}]}`, map[string]string{"fields.1.name": "validation_required", "fields.2.name": "validation_match_invalid", "fields.3.name": "validation_length_too_long"}},
		"reserved field names":   {`{"name":"a","fields":[{"name":"null","type":"bool"},{"name":"_ROWID_","type":"bool"},{"name":"expand","type":"bool"},{"name":"xmin","type":"bool"},{"name":"a_via_b","type":"bool"},{"name":"passwordConfirm","type":"bool"}]}`, map[string]string{"fields.1.name": "validation_not_in_invalid", "fields.2.name": "validation_not_in_invalid", "fields.3.name": "validation_not_in_invalid", "fields.4.name": "validation_not_in_invalid", "fields.5.name": "validation_found_via"}},
		"rowid is a fine name":   {`{"name":"a","fields":[{"name":"rowid","type":"bool"},{"name":"oid","type":"bool"}]}`, nil},
		"auth reserved":          {`{"name":"a","type":"auth","fields":[{"name":"oldPassword","type":"text"}]}`, map[string]string{"fields.1.name": "validation_reserved_field_name"}},
		"auth field of a type":   {`{"name":"a","type":"auth","fields":[{"name":"email","type":"text"}]}`, map[string]string{"fields": "validation_missing_email_field"}},
		"field id":               {`{"name":"a","fields":[{"id":"` + strings.Repeat("i", 101) + `","name":"x","type":"bool"}]}`, map[string]string{"fields.1.id": "validation_length_out_of_range"}},
		"help":                   {`{"name":"a","fields":[{"name":"x","type":"bool","help":"` + strings.Repeat("h", 301) + `"}]}`, map[string]string{"fields.1.help": "validation_length_out_of_range"}},
		"options":                {`{"name":"a","fields":[{"name":"x","type":"select"},{"name":"y","type":"text","pattern":"("}]}`, map[string]string{"fields.1.values": "validation_required", "fields.2.pattern": "validation_invalid_regex"}},
		"relation":               {`{"name":"a","fields":[{"name":"x","type":"relation","collectionId":"nope"},{"name":"y","type":"relation"},{"name":"z","type":"relation","collectionId":"stats_id"}]}`, map[string]string{"fields.1.collectionId": "validation_field_relation_missing_collection", "fields.2.collectionId": "validation_required", "fields.3.collectionId": "validation_relation_field_non_view_base_collection"}},
		"relation to itself":     {`{"name":"a","id":"self","fields":[{"name":"x","type":"relation","collectionId":"self"}]}`, nil},
		"index syntax":           {`{"name":"a","indexes":["nonsense"]}`, map[string]string{"indexes.0": "validation_invalid_index_expression"}},
		"index name twice":       {`{"name":"a","indexes":["create index i on a (id)","create index I on a (id desc)"]}`, map[string]string{"indexes.1": "validation_duplicated_index_name"}},
		"index name taken":       {`{"name":"a","indexes":["create index Taken on a (id)"]}`, map[string]string{"indexes.0": "validation_existing_index_name"}},
		"index definition twice": {`{"name":"a","indexes":["create index i on a (id)","create index if not exists j on b (` + "`id`" + `)"]}`, map[string]string{"indexes.1": "validation_duplicated_index_definition"}},
		"index function":         {`{"name":"a","indexes":["create index i on a (lower(id))","create index j on a (printf('%.*c',900000000,'x'))","create index k on a (id) where zeroblob(9) = id"]}`, map[string]string{"indexes.1": "validation_invalid_index_expression", "indexes.2": "validation_invalid_index_expression"}},
		"index name length":      {`{"name":"a","indexes":["create index ` + long + ` on a (id)"]}`, map[string]string{"indexes.0": "validation_length_too_long"}},
	} {
		draft := decodeNew(t, c.body, posts, stats)
		checkCodes(t, name, codes(Validate(draft, ValidationContext{Snapshot: s, Names: names, Rule: noBadRules})), c.want)
	}
}

func TestValidateDuplicateFieldID(t *testing.T) {
	c := decodeNew(t, `{"name":"a"}`)
	c.Fields = append(c.Fields, &schema.Field{ID: c.Fields[0].ID, Name: "x", Kind: &schema.Bool{}})
	got := codes(Validate(c, ValidationContext{Snapshot: schema.NewSnapshot(1, nil), Rule: noBadRules}))
	checkCodes(t, "duplicate id", got, map[string]string{"fields.1.id": "validation_duplicated_field_id"})
}

func TestValidateChanges(t *testing.T) {
	other := decodeNew(t, `{"name":"other","id":"other_id"}`)
	base := decodeNew(t, `{"name":"base","id":"base_id","fields":[{"id":"s","name":"sel","type":"select","values":["a","b"]},
		{"id":"r","name":"rel","type":"relation","collectionId":"other_id"},{"id":"t","name":"txt","type":"text"}],
		"indexes":["create unique index u on base (txt)"]}`, other)
	loud := decodeNew(t, `{"name":"loud","id":"loud_id","fields":[{"id":"t","name":"txt","type":"text"}],"indexes":["create index p on loud (printf('%s',txt))"]}`)
	users := standard.Users(testNow)
	superusers := standard.SystemCollections(testNow)[4]
	external := standard.SystemCollections(testNow)[0]
	s := schema.NewSnapshot(1, []*schema.Collection{other, base, loud, users, superusers, external})
	fields := func(c *schema.Collection, edit func(f *schema.Field)) string {
		d := c.Clone()
		for _, f := range d.Fields {
			edit(f)
		}
		raw, err := json.Marshal(d.Fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for name, c := range map[string]struct {
		old  *schema.Collection
		body string
		want map[string]string
	}{
		"nothing":                        {base, `{}`, nil},
		"system flag":                    {base, `{"system":true}`, map[string]string{"system": "validation_collection_system_flag_change"}},
		"type":                           {base, `{"type":"auth"}`, map[string]string{"type": "validation_collection_type_change"}},
		"type of users":                  {users, `{"type":"base"}`, map[string]string{"type": "validation_collection_type_change"}},
		"own name":                       {base, `{"name":"BASE"}`, nil},
		"taken name":                     {base, `{"name":"OTHER"}`, map[string]string{"name": "validation_collection_name_exists"}},
		"system name":                    {superusers, `{"name":"_admins"}`, map[string]string{"name": "validation_collection_system_name_change"}},
		"system rule":                    {superusers, `{"listRule":""}`, map[string]string{"listRule": "validation_collection_system_rule_change"}},
		"system authRule":                {superusers, `{"authRule":"x"}`, map[string]string{"authRule": "validation_collection_system_rule_change"}},
		"system manage":                  {superusers, `{"manageRule":"x"}`, map[string]string{"manageRule": "validation_collection_system_rule_change"}},
		"field type":                     {base, `{"fields":[{"id":"t","name":"txt","type":"bool"}]}`, map[string]string{"fields.1": "validation_field_type_change"}},
		"rename a field":                 {base, `{"fields":[{"id":"t","name":"txt2","type":"text"}]}`, nil},
		"one to several":                 {base, `{"fields":[{"id":"s","name":"sel","type":"select","values":["a","b"],"maxSelect":2}]}`, nil},
		"one to one":                     {base, `{"fields":[{"id":"s","name":"sel","type":"select","values":["a","b"],"maxSelect":1}]}`, nil},
		"relation target":                {base, `{"fields":[{"id":"r","name":"rel","type":"relation","collectionId":"base_id"}]}`, map[string]string{"fields.1.collectionId": "validation_field_relation_change"}},
		"unique of a plain field may go": {base, `{"indexes":[]}`, nil},
		"stored index function":          {loud, `{"name":"louder","fields":[{"id":"t","name":"txt2","type":"text"}]}`, nil},
		"index function again":           {loud, `{"indexes":["create index p on loud (txt desc, printf('%d',txt))"]}`, nil},
		"other index function":           {loud, `{"indexes":["create index p on loud (printf(zeroblob(txt)))"]}`, map[string]string{"indexes.0": "validation_invalid_index_expression"}},
		"index function elsewhere":       {loud, `{"indexes":["create index q on loud (printf('%s',txt))"]}`, map[string]string{"indexes.0": "validation_invalid_index_expression"}},
		"system field renamed": {external, `{"fields":` + fields(external, func(f *schema.Field) {
			if f.Name == "provider" {
				f.Name = "provider2"
			}
		}) + `}`, map[string]string{"fields": "validation_system_field_change", "indexes": "validation_invalid_unique_system_field_index"}},
		"system field removed": {external, `{"fields":[{"name":"collectionRef","type":"text"}]}`,
			map[string]string{"fields": "validation_system_field_change"}},
		"system dates": {external, `{"fields":` + fields(external, func(f *schema.Field) {
			if a, ok := f.Kind.(*schema.Autodate); ok {
				a.OnUpdate = !a.OnUpdate
			}
		}) + `}`, map[string]string{"fields.5.onUpdate": "validation_values_mismatch", "fields.6.onUpdate": "validation_values_mismatch"}},
		"unique of system fields": {external, `{"indexes":["` + strings.ReplaceAll(external.Indexes[0], "\n", " ") + `"]}`,
			map[string]string{"indexes": "validation_invalid_unique_system_field_index"}},
		"unique with collation": {users, `{"indexes":["create unique index e on users (email collate nocase)"]}`, nil},
	} {
		draft := decodeOver(t, c.old, c.body)
		names := []store.CatalogName{{Kind: "index", Name: "u", Table: draft.Name}}
		got := codes(Validate(draft, ValidationContext{Old: c.old, Snapshot: s, Names: names, Rule: noBadRules}))
		checkCodes(t, name, got, c.want)
	}
}

func TestValidateAuthOptions(t *testing.T) {
	for name, c := range map[string]struct {
		options string
		want    map[string]string
	}{
		"defaults":      {`"otp":{}`, nil},
		"rules":         {`"authRule":"bad","manageRule":"bad"`, map[string]string{"authRule": "validation_invalid_rule", "manageRule": "validation_invalid_rule"}},
		"empty manage":  {`"manageRule":""`, map[string]string{"manageRule": "validation_nil_or_not_empty_required"}},
		"templates":     {`"authAlert":{"emailTemplate":{"subject":""}},"otp":{"emailTemplate":{"body":""}},"verificationTemplate":{"subject":"","body":""}`, map[string]string{"authAlert.emailTemplate.subject": "validation_required", "otp.emailTemplate.body": "validation_required", "verificationTemplate.subject": "validation_required", "verificationTemplate.body": "validation_required"}},
		"tokens":        {`"authToken":{"secret":"short","duration":0},"fileToken":{"secret":"","duration":9},"verificationToken":{"duration":94670857}`, map[string]string{"authToken.secret": "validation_length_out_of_range", "authToken.duration": "validation_required", "fileToken.secret": "validation_required", "fileToken.duration": "validation_min_greater_equal_than_required", "verificationToken.duration": "validation_max_less_equal_than_required"}},
		"session":       {`"sessionDuration":9`, map[string]string{"sessionDuration": "validation_min_greater_equal_than_required"}},
		"long session":  {`"sessionDuration":94670857`, map[string]string{"sessionDuration": "validation_max_less_equal_than_required"}},
		"no end":        {`"sessionDuration":0`, nil},
		"otp":           {`"otp":{"enabled":true,"duration":86401,"length":3}`, map[string]string{"otp.duration": "validation_max_less_equal_than_required", "otp.length": "validation_min_greater_equal_than_required"}},
		"otp off":       {`"otp":{"duration":0,"length":0}`, nil},
		"mfa":           {`"mfa":{"enabled":true,"duration":5,"rule":"bad"},"otp":{"enabled":true}`, map[string]string{"mfa.duration": "validation_min_greater_equal_than_required", "mfa.rule": "validation_invalid_rule"}},
		"mfa alone":     {`"mfa":{"enabled":true}`, map[string]string{"mfa.enabled": "validation_mfa_not_enough_auths"}},
		"mfa with otp":  {`"mfa":{"enabled":true},"otp":{"enabled":true}`, nil},
		"no identity":   {`"passwordAuth":{"identityFields":[]}`, map[string]string{"passwordAuth.identityFields": "validation_required"}},
		"no such field": {`"passwordAuth":{"identityFields":["nope"]}`, map[string]string{"passwordAuth.identityFields": "validation_missing_field"}},
		"not unique":    {`"passwordAuth":{"identityFields":["email","verified"]}`, map[string]string{"passwordAuth.identityFields": "validation_missing_unique_constraint"}},
		"password off":  {`"passwordAuth":{"enabled":false,"identityFields":["nope"]}`, nil},
		"oauth2": {`"oauth2":{"enabled":true,"providers":[{"name":"github","clientId":"a","clientSecret":"b"},{"name":"github"},{"name":"nope","clientId":"a","clientSecret":"b","authURL":"a b"},{}]}`,
			map[string]string{"oauth2.providers.1.name": "validation_duplicated_provider", "oauth2.providers.1.clientId": "validation_required", "oauth2.providers.1.clientSecret": "validation_required", "oauth2.providers.2.name": "validation_missing_provider", "oauth2.providers.2.authURL": "validation_is_url", "oauth2.providers.3.name": "validation_required", "oauth2.providers.3.clientId": "validation_required", "oauth2.providers.3.clientSecret": "validation_required"}},
		"oauth2 off": {`"oauth2":{"providers":[{"name":"nope"}]}`, nil},
	} {
		draft := decodeNew(t, `{"name":"people","type":"auth",`+c.options+`}`)
		checkCodes(t, name, codes(Validate(draft, ValidationContext{Snapshot: schema.NewSnapshot(1, nil), Rule: noBadRules})), c.want)
	}
}

func TestSystemCollectionsAreValid(t *testing.T) {
	ids := map[string]string{schema.Superusers: "pbc_3142635823", schema.ExternalAuths: "pbc_2281828961", schema.MFAs: "pbc_2279338944",
		schema.OTPs: "pbc_1638494021", schema.AuthOrigins: "pbc_4275539003", "users": standard.UsersID}
	for _, c := range append(standard.SystemCollections(testNow), standard.Users(testNow)) {
		fails := Validate(c, ValidationContext{Snapshot: schema.NewSnapshot(1, nil), Rule: noBadRules})
		checkCodes(t, c.Name, codes(fails), nil)
		if c.ID != ids[c.Name] || c.System == (c.Name == "users") {
			t.Errorf("%s has the id %s and system %v", c.Name, c.ID, c.System)
		}
		if refers := c.Field("collectionRef") != nil; refers != slices.Contains(schema.AccountReferences(), c.Name) {
			t.Errorf("%s: its rows belong to accounts: %v, AccountReferences: %v", c.Name, refers, !refers)
		}
		delete(ids, c.Name)
	}
	if len(ids) > 0 {
		t.Errorf("missing: %v", ids)
	}
}

const testNow = "2024-01-02 03:04:05.678Z"

func TestValidateRefusesTwoKeys(t *testing.T) {
	c := &schema.Collection{Name: "a", Type: schema.Base, Fields: []*schema.Field{standard.IDField(), {ID: "2", Name: "id2", Kind: &schema.Text{PrimaryKey: true, Pattern: "a"}}}}
	got := codes(Validate(c, ValidationContext{Snapshot: schema.NewSnapshot(0, nil), Rule: noBadRules}))
	if got["fields.1.primaryKey"] != "validation_unsupported_composite_pk" || got["fields.0.primaryKey"] == "" {
		t.Errorf("Validate = %v, want both keys refused", got)
	}
}

// codes returns the codes by their paths, joined with dots.
func codes(fails fault.Fields) map[string]string {
	all := map[string]string{}
	for name, f := range fails {
		if f.Code != "" {
			all[name] = f.Code
		}
		for path, code := range codes(f.Fields) {
			all[name+"."+path] = code
		}
	}
	return all
}
