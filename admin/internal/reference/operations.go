package reference

import (
	"cmp"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// operation is a kind of request to the API of a collection.
type operation struct {
	id, group, verb, label string
	title, about           string
	path                   string // {id} stands for the value of the param id
	params                 []param
	body                   string // a sample; "" for none
	answers                []answer
	client                 string // the method of the client libraries: see javaScript and dart
	field                  string // the form field of an uploaded file
	live                   bool   // the request opens a connection that stays open, so it cannot be tried
	off                    string // the reason why the server refuses the operation now, "" for none
}

// param is a value in the path or the query.
type param struct {
	name, help, sample string
	inPath             bool
}

// answer is a status of the response, with a description and, if it helps, a sample body.
type answer struct {
	status int
	about  string
	sample string
}

// tried reports whether the page can send the operation. It cannot send uploads and connections
// that stay open.
func (o operation) tried() bool { return !o.live && o.client != "upload" }

// operations returns the operations of the collection in the order of the page.
func operations(in *schema.Collection, types map[string]string, e example) []operation {
	at := "/api/collections/" + in.Name
	list := readOperations(in, at, e)
	if in.View == nil {
		list = append(list, writeOperations(in, at, e)...)
	}
	list = append(list, aggregateOperation(in, at))
	list = append(list, fileOperations(in, at, e)...)
	if in.IsAuth() {
		list = append(list, accountOperations(in, at, e)...)
	}
	if in.View == nil {
		list = append(list, liveOperations(in, e)...)
	}
	return append(list, graphQLOperations(in, types[in.ID], e)...)
}

var (
	paramExpand = param{name: "expand", help: "Relations to send along, with a dot for those behind them."}
	paramFields = param{name: "fields", help: "Only these fields; name:excerpt(120) cuts a text."}
)

func readOperations(in *schema.Collection, at string, e example) []operation {
	expand := paramExpand
	expand.sample = firstRelation(in)
	id := param{name: "id", help: "Of the record.", sample: cmp.Or(e.id, sampleID), inPath: true}
	return []operation{
		{id: "list", group: "Records", verb: "GET", label: "List and search", path: at + "/records", client: "getList",
			title: "List and search " + in.Name, about: "Answers a page of the records that the list rule lets the caller see.",
			params: []param{
				{name: "filter", help: "An expression over fields, also across relations.", sample: sampleFilter(in)},
				{name: "sort", help: "Fields, a minus for descending; @random mixes.", sample: sampleSort(in)}, expand, paramFields,
				{name: "page", help: "From 1.", sample: "1"}, {name: "perPage", help: "1 to 1,000; 30 if it is left out.", sample: "30"},
				{name: "skipTotal", help: "1: the records are not counted, which is faster."},
			},
			answers: []answer{{200, "The page.", page(e.record(in))}, {400, "The filter or the sort cannot be used.", failed(400)}, {403, "The list rule is for superusers.", failed(403)}}},
		{id: "view", group: "Records", verb: "GET", label: "View one", path: at + "/records/{id}", client: "getOne",
			title: "View one of " + in.Name, about: "Answers a record, if the view rule lets the caller see it.",
			params:  []param{id, expand, paramFields},
			answers: []answer{{200, "The record.", e.record(in)}, {403, "The view rule is for superusers.", failed(403)}, {404, "There is none, or not for the caller.", failed(404)}}},
	}
}

func writeOperations(in *schema.Collection, at string, e example) []operation {
	id := param{name: "id", help: "Of the record.", sample: sampleID, inPath: true}
	create, update := sampleBody(in, true), sampleBody(in, false)
	batch := "{\n  \"requests\": [\n    {\"method\": \"POST\", \"url\": \"" + at + "/records\", \"body\": " + indented(create, "    ") + "}\n  ]\n}"
	return []operation{
		{id: "create", group: "Records", verb: "POST", label: "Create", path: at + "/records", client: "create",
			title: "Create one of " + in.Name, about: "Stores a new record, if it satisfies the create rule. Files go as multipart/form-data.",
			params: []param{paramExpand, paramFields}, body: create,
			answers: []answer{{200, "The record.", e.record(in)}, {400, "A field is wrong, or the rule is not satisfied.", fieldFailed(in)}, {403, "The create rule is for superusers.", failed(403)}}},
		{id: "update", group: "Records", verb: "PATCH", label: "Update", path: at + "/records/{id}", client: "update",
			title: "Update one of " + in.Name, about: "Changes the fields that are sent, if the stored record satisfies the update rule. A name with + or - behind it adds or takes away.",
			params: []param{id, paramExpand, paramFields}, body: update,
			answers: []answer{{200, "The record.", e.record(in)}, {400, "A field is wrong.", fieldFailed(in)}, {403, "The update rule is for superusers.", failed(403)}, {404, "There is none, or not for the caller.", failed(404)}}},
		{id: "delete", group: "Records", verb: "DELETE", label: "Delete", path: at + "/records/{id}", client: "delete",
			title: "Delete one of " + in.Name, about: "Deletes a record, if it satisfies the delete rule, with its files.",
			params:  []param{id},
			answers: []answer{{204, "It is gone.", ""}, {400, "Another record needs it.", failed(400)}, {403, "The delete rule is for superusers.", failed(403)}, {404, "There is none, or not for the caller.", failed(404)}}},
		{id: "batch", group: "Records", verb: "POST", label: "Batch", path: "/api/batch", client: "batch",
			title: "Write several records", about: "Runs creates, updates and deletes in one transaction: all of them, or none. Batches have to be allowed in the settings.",
			body:    batch,
			answers: []answer{{200, "The answers, in the order of the requests.", "[\n  {\"status\": 200, \"body\": {…}}\n]"}, {400, "One of them failed; nothing is kept.", failed(400)}}},
	}
}

func aggregateOperation(in *schema.Collection, at string) operation {
	return operation{id: "aggregate", group: "Records", verb: "GET", label: "Aggregate", path: at + "/aggregate", client: "send",
		title: "Figures over " + in.Name, about: "Counts, sums, averages and extremes over the records that the list rule lets the caller see.",
		params: []param{
			{name: "count", help: "*: how many records.", sample: "*"}, {name: "sum", help: "Numbers, added."}, {name: "avg", help: "Numbers, their average."},
			{name: "min", help: "Numbers and dates, the least."}, {name: "max", help: "Numbers and dates, the greatest."},
			{name: "groupBy", help: "Fields; dates by :year, :month, :day, :hour."}, {name: "filter", help: "Of the records, as in a list."},
		},
		answers: []answer{{200, "The groups; one without groupBy.", "{\n  \"groups\": [{\"count\": 12}],\n  \"truncated\": false\n}"}, {400, "A figure that there is not.", failed(400)}}}
}

func accountOperations(in *schema.Collection, at string, e example) []operation {
	const group = "Accounts"
	token := "{\n  \"token\": \"JWT\",\n  \"record\": " + indented(e.record(in), "  ") + "\n}"
	tokenFailed := answer{400, "The token is void or expired, or another field is wrong.", "{\n  \"status\": 400,\n  \"message\": \"An error occurred while validating the submitted data.\",\n  \"data\": {\n    \"token\": {\"code\": \"validation_invalid_token\", \"message\": \"Invalid or expired token.\"}\n  }\n}"}
	second := answer{401, "A second step is needed: sign in another way too, with this mfaId.", "{\n  \"mfaId\": \"MFA_ID\"\n}"}
	refused := answer{403, "The sign-in rule does not hold for the account.", "{\n  \"status\": 403,\n  \"message\": \"The request doesn't satisfy the collection requirements to authenticate.\",\n  \"data\": {}\n}"}
	done := []answer{{204, "Done, whether there is such an account or not.", ""}, {400, "A field is wrong.", failed(400)}}
	post := func(id, label, title, about, path, client, body string, answers ...answer) operation {
		return operation{id: id, group: group, verb: "POST", label: label, title: title, about: about, path: at + path, client: client, body: body, answers: answers}
	}
	return []operation{
		{id: "methods", group: group, verb: "GET", label: "Ways to sign in", path: at + "/auth-methods", client: "listAuthMethods",
			title: "Ways to sign in", about: "Answers which ways are on, and the addresses of OAuth2 providers.",
			answers: []answer{{200, "The ways.", "{\n  \"password\": {\"enabled\": true, \"identityFields\": [\"email\"]},\n  \"oauth2\": {\"enabled\": false, \"providers\": []},\n  \"mfa\": {\"enabled\": false, \"duration\": 0},\n  \"otp\": {\"enabled\": false, \"duration\": 0}\n}"}}},
		post("password", "With a password", "Sign in with a password", "Answers a token for the header Authorization.", "/auth-with-password", "authWithPassword",
			"{\n  \"identity\": \"test@example.com\",\n  \"password\": \"1234567890\"\n}", answer{200, "The token and the account.", token}, answer{400, "It is another password, or there is no such account.", failed(400)}, second, refused),
		post("request-otp", "Ask for a code", "Ask for a one-time code", "Sends a mail with a code, if one-time codes are on.", "/request-otp", "requestOTP",
			"{\n  \"email\": \"test@example.com\"\n}", answer{200, "The id of the code.", "{\n  \"otpId\": \"" + sampleID + "\"\n}"}, answer{429, "Too many were asked for.", failed(429)}),
		post("otp", "With a code", "Sign in with a one-time code", "Answers a token for the code of a mail.", "/auth-with-otp", "authWithOTP",
			"{\n  \"otpId\": \""+sampleID+"\",\n  \"password\": \"123456\"\n}", answer{200, "The token and the account.", token}, answer{400, "It is another code, or too old.", failed(400)}, second, refused),
		post("oauth2", "With OAuth2", "Sign in with OAuth2", "Takes the code that a provider has given. The clients open the window of the provider and do all of it.", "/auth-with-oauth2", "authWithOAuth2",
			"{\n  \"provider\": \"google\",\n  \"code\": \"CODE\",\n  \"codeVerifier\": \"VERIFIER\",\n  \"redirectURL\": \"https://example.com/redirect\"\n}", answer{200, "The token and the account.", token}, answer{400, "The provider does not accept it.", failed(400)}, second, refused),
		post("refresh", "Refresh", "Refresh a token", "Answers a new token for one that is good still.", "/auth-refresh", "authRefresh", "", answer{200, "The token and the account.", token}, answer{401, "The token is not good.", failed(401)}, refused),
		post("verification", "Ask for verification", "Ask for verification", "Sends a mail with a link to the address of the account.", "/request-verification", "requestVerification", "{\n  \"email\": \"test@example.com\"\n}", done...),
		post("confirm-verification", "Confirm verification", "Confirm the address", "Marks the account of the token as verified. The link in the mail has the token.", "/confirm-verification", "confirmVerification",
			"{\n  \"token\": \"TOKEN\"\n}", answer{204, "The account is verified.", ""}, tokenFailed),
		post("reset", "Ask for a password", "Ask for a new password", "Sends a mail with a link.", "/request-password-reset", "requestPasswordReset", "{\n  \"email\": \"test@example.com\"\n}", done...),
		post("confirm-reset", "Set a password", "Set a new password", "Sets the password of the account of the token. All tokens of the account become void: it signs in again.", "/confirm-password-reset", "confirmPasswordReset",
			"{\n  \"token\": \"TOKEN\",\n  \"password\": \"1234567890\",\n  \"passwordConfirm\": \"1234567890\"\n}", answer{204, "The password is set.", ""}, tokenFailed),
		post("email", "Ask for an address", "Ask for another address", "Sends a mail with a link to the new address of the account that asks.", "/request-email-change", "requestEmailChange", "{\n  \"newEmail\": \"new@example.com\"\n}",
			answer{204, "The mail is sent.", ""}, answer{400, "The address is wrong, or another account has it.", failed(400)}, answer{401, "Nobody has signed in.", failed(401)}, answer{403, "The token is of another collection.", failed(403)}),
		post("confirm-email", "Change the address", "Change the address", "Gives the account of the token its new address, and verifies it. All tokens of the account become void: it signs in again.", "/confirm-email-change", "confirmEmailChange",
			"{\n  \"token\": \"TOKEN\",\n  \"password\": \"1234567890\"\n}", answer{204, "The address is changed.", ""}, tokenFailed, answer{429, "Too many wrong passwords.", failed(429)}),
	}
}

func liveOperations(in *schema.Collection, e example) []operation {
	return []operation{
		{id: "websocket", group: "Live", verb: "WS", label: "WebSocket", path: "/api/realtime/ws", client: "websocket", live: true,
			title: "Follow " + in.Name + " on a WebSocket", about: "One socket for every subscription, each event with the token of its transaction, by the subprotocol loam.v1.",
			body:    "{\"id\": \"a\", \"type\": \"subscribe\", \"topic\": \"" + in.Name + "/*\"}",
			answers: []answer{{101, "An event.", "{\n  \"type\": \"event\",\n  \"action\": \"create\",\n  \"record\": " + indented(e.record(in), "  ") + "\n}"}}},
		{id: "sse", group: "Live", verb: "GET", label: "Server-sent events", path: "/api/realtime", client: "subscribe", live: true,
			title: "Follow " + in.Name + " by server-sent events", about: "The connection gives an id; POST /api/realtime with that clientId and subscriptions says what to follow. The clients do both.",
			answers: []answer{{200, "An event.", "event: " + in.Name + "/*\ndata: {\"action\":\"create\",\"record\":{…}}"}}},
	}
}

func graphQLOperations(in *schema.Collection, typeName string, e example) []operation {
	const group = "GraphQL"
	one := strings.ToLower(typeName[:1]) + typeName[1:]
	fields := strings.Join(graphQLFields(in), " ")
	post := func(id, label, title, about, query, sample string) operation {
		return operation{id: id, group: group, verb: "POST", label: label, title: title, about: about, path: "/api/graphql", client: "send",
			body: "{\n  \"query\": " + quoted(query) + "\n}", answers: []answer{{200, "The data, or errors with their paths.", sample}}}
	}
	record := "{" + strings.Join(graphQLSample(in), ", ") + "}"
	list := []operation{
		post("gql-list", in.Name, "Several of "+in.Name, "A page of records, by the list rule.", "{ "+in.Name+"(perPage: 2) { items { "+fields+" } totalItems } }",
			"{\"data\": {\""+in.Name+"\": {\"items\": ["+record+"], \"totalItems\": 1}}}"),
		post("gql-one", one, "One of "+in.Name, "A record, by the view rule.", "{ "+one+"(id: \""+cmp.Or(e.id, sampleID)+"\") { "+fields+" } }", "{\"data\": {\""+one+"\": "+record+"}}"),
	}
	if in.View != nil {
		return list
	}
	subscribe := "subscription { " + one + "Changed { action record { " + fields + " } } }"
	return append(list,
		post("gql-create", "create"+typeName, "Create one of "+in.Name, "A new record, by the create rule. All mutations of a request are one transaction.",
			"mutation { create"+typeName+"(input: "+graphQLInput(in)+") { "+fields+" } }", "{\"data\": {\"create"+typeName+"\": "+record+"}}"),
		operation{id: "gql-live", group: group, verb: "WS", label: one + "Changed", path: "/api/graphql", client: "graphqlWS", live: true,
			title: "Follow " + in.Name + " in GraphQL", about: "A subscription on a WebSocket, by the subprotocol graphql-transport-ws.", body: subscribe,
			answers: []answer{{101, "A change.", "{\"data\": {\"" + one + "Changed\": {\"action\": \"CREATE\", \"record\": " + record + "}}}"}}})
}
